# One image, three services: docker compose builds it once; CMD chooses. Runs as uid 10001 on a read-only root file system.
# The tag below follows Debian 12's point releases; pin it by digest in your registry to freeze a build.
FROM debian:12 AS build
WORKDIR /src
COPY deploy/local/packages.txt deploy/local/packages.txt
RUN apt-get update \
 && awk '$1 == "build" || $1 == "harden" {print $2}' deploy/local/packages.txt | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY libs libs
COPY services services
COPY proto-json proto-json
ARG MITA_COMMIT=unknown
RUN cmake --preset release -DMITA_TESTS=OFF -DMITA_HARDEN=ON -DMITA_COMMIT=${MITA_COMMIT} \
 && cmake --build --preset release \
 && strip build/release/bin/mita-auth build/release/bin/mita-finance build/release/bin/mita-gateway

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates tzdata libpq5 libssl3 libcrypt1 libsodium23 libicu72 libcurl4 zlib1g libfmt9 libdate-tz3 libboost-json1.81.0 libboost-container1.81.0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin mita
COPY --from=build /src/build/release/bin/mita-auth /src/build/release/bin/mita-finance /src/build/release/bin/mita-gateway /usr/local/bin/
# The licence of the list that P6's common passwords are made of.
COPY --from=build /usr/share/doc/python3-zxcvbn/copyright /usr/share/doc/mita/python3-zxcvbn.copyright
COPY deploy/start /usr/local/bin/mita-start
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["/usr/local/bin/mita-gateway", "healthcheck"]
# All three services under one supervisor, for one small container; compose and Kubernetes name a single service instead.
CMD ["/usr/local/bin/mita-start"]
