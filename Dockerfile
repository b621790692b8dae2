# One image for the command line, for Airflow and for the REST service.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 10001 minzheng \
    && pip install --no-cache-dir "uv>=0.8"

WORKDIR /opt/minzheng
# Packages are compiled once, here: the account of the services may not write beside them.
# A copy keeps the modes of the clone, and one made with umask 077 would be closed to the account below.
COPY --chmod=755 pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project --compile-bytecode
COPY --chmod=755 . .
RUN uv sync --frozen --no-dev \
    && mkdir -p /var/lib/minzheng/backup_spool /opt/inbox \
    && chown -R minzheng:minzheng /var/lib/minzheng /opt/inbox

USER minzheng
ENV PATH=/opt/minzheng/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    MINZHENG_HOME=/var/lib/minzheng \
    MINZHENG_INBOX=/opt/inbox \
    AIRFLOW_HOME=/var/lib/minzheng/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/minzheng/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=false
VOLUME /var/lib/minzheng
ENTRYPOINT ["minzheng"]
CMD ["--help"]
