"""What people import in such images, each with the report or the file in which it is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.public.containers import python, running, shell

pytestmark = pytest.mark.docker
IMAGE = "jupyter-python:py3.13"


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    with running(IMAGE) as name:
        yield name


def test_maps(container: str) -> None:
    """InseeFrLab/images-datascience, python-datascience/requirements.txt: geopandas.

    https://github.com/pangeo-data/pangeo-docker-images/pull/244: files and projections with it.
    """
    script = """
import geopandas
from shapely.geometry import Point
one = geopandas.GeoDataFrame({'a': [1]}, geometry=[Point(2, 48)], crs=4326)
one.to_crs(3857).to_file('/tmp/one.gpkg')
back = geopandas.read_file('/tmp/one.gpkg').to_crs(4326)
print(back.geometry[0].distance(Point(2, 48)) < 1e-6)
"""
    assert python(container, script) == "True"


def test_gdal_in_python(container: str) -> None:
    """InseeFrLab/images-datascience, python-datascience/scripts/install-geospatial-python.sh."""
    script = """
from osgeo import gdal, ogr, osr
import numpy
gdal.UseExceptions()
raster = gdal.GetDriverByName('GTiff').Create('/tmp/one.tif', 4, 3, 1)
reference = osr.SpatialReference()
reference.ImportFromEPSG(3857)
raster.SetProjection(reference.ExportToWkt())
raster.GetRasterBand(1).WriteArray(numpy.full((3, 4), 7))
raster = None
print(gdal.Open('/tmp/one.tif').ReadAsArray().sum())
"""
    assert python(container, script) == "84"


def test_gdal_and_geopandas_in_one_process(container: str) -> None:
    """Two wheels, each with a GDAL of its own: neither reads the other's data."""
    script = """
import geopandas, pyproj
from osgeo import gdal, osr
gdal.UseExceptions()
reference = osr.SpatialReference()
assert reference.ImportFromEPSG(2154) == 0
assert pyproj.CRS(2154).name == reference.GetName()
"""
    python(container, script)


def test_xgboost_trains_on_a_processor(container: str) -> None:
    """https://github.com/pangeo-data/pangeo-docker-images/pull/476: which XGBoost, and for what."""
    script = """
import numpy, xgboost
x = numpy.arange(40).reshape(20, 2)
model = xgboost.XGBRegressor(n_estimators=3).fit(x, x[:, 0])
print(len(model.predict(x)))
"""
    assert python(container, script) == "20"
    assert "nvidia" not in shell(container, "uv pip list --python /opt/python/bin/python")


def test_mlflow_keeps_a_run(container: str) -> None:
    """InseeFrLab/images-datascience, python-datascience/requirements.txt: mlflow."""
    script = """
import mlflow
mlflow.set_tracking_uri('sqlite:////tmp/runs.db')
with mlflow.start_run():
    mlflow.log_metric('loss', 0.5)
print(mlflow.search_runs()['metrics.loss'][0])
"""
    assert python(container, script).endswith("0.5")


def test_sqlalchemy(container: str) -> None:
    """https://github.com/jupyter/docker-stacks, images/scipy-notebook/Dockerfile: sqlalchemy."""
    script = """
import pandas, sqlalchemy
engine = sqlalchemy.create_engine('sqlite://')
pandas.DataFrame({'a': [1, 2]}).to_sql('t', engine, index=False)
print(pandas.read_sql('select sum(a) as s from t', engine)['s'][0])
"""
    assert python(container, script) == "3"


def test_language_models_in_jupyterlab(container: str) -> None:
    """InseeFrLab/images-datascience, jupyter/Dockerfile: jupyter-ai, langchain-openai."""
    python(container, "import jupyter_ai, langchain_openai")
