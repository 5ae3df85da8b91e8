"""What Onyxia's web application and API require of a chart, as a linter over its files."""
