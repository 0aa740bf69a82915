FROM python:3.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOGVIEWER_HOST=0.0.0.0 \
    LOGVIEWER_DATA_DIR=/data

RUN useradd --system --uid 10001 --create-home --home-dir /data logviewer && chmod 700 /data

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY . .

USER logviewer
EXPOSE 8000
ENTRYPOINT ["python", "manage.py"]
CMD ["up"]
