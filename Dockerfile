FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
# The caches keep downloads and compiled crates from build to build; the program is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --locked --release -p muster-http-actix --bin muster \
    && cp target/release/muster /usr/local/bin/muster

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && install -d /var/lib/muster \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/muster/data
COPY --from=build /usr/local/bin/muster /usr/local/bin/muster
# By number, so that an orchestrator can tell that it is not root.
USER 10001:10001
WORKDIR /var/lib/muster
# All that is written: the SQLite file, and profile pictures below files/.
VOLUME /var/lib/muster/data
ENV MUSTER_SERVER__LISTEN=0.0.0.0:8065
EXPOSE 8065
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/local/bin/muster", "health"]
ENTRYPOINT ["/usr/local/bin/muster"]
CMD ["serve"]
