"""The batch layers of dbt on Apache Spark, for a province (docs/province.md). Needs the extra ``spark``."""
