"""The DAG of migrations: pure, without files, Git or a database."""
