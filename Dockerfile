# The image of a release: the executable of `bun run package` and nothing else. Build it after
# that, for one architecture or both:
#
#     docker buildx build --platform linux/amd64,linux/arm64 -t entdb .
#
# NOT RUN by the tests of this repository: there is no container engine where they run.
FROM debian:12-slim AS amd64
COPY dist/package/entdb-linux-x64 /usr/local/bin/entdb

FROM debian:12-slim AS arm64
COPY dist/package/entdb-linux-arm64 /usr/local/bin/entdb

ARG TARGETARCH
FROM ${TARGETARCH}
RUN install -d -m 700 -o 65532 -g 65532 /var/lib/entdb
USER 65532:65532

# Others than the container itself must reach it, so it asks for credentials, and wants either
# certificates (ENTDB_TLS_CERT_FILE, ENTDB_TLS_KEY_FILE) or ENTDB_PLAINTEXT=true behind a proxy.
ENV ENTDB_HOST=0.0.0.0 \
    ENTDB_DATA_DIR=/var/lib/entdb
VOLUME /var/lib/entdb
EXPOSE 50051 8080
ENTRYPOINT ["/usr/local/bin/entdb"]
CMD ["serve"]
