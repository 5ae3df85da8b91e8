"""What Onyxia's web application and API ask of a chart, as a linter over its files."""
