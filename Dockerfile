# syntax=docker/dockerfile:1
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY client/package.json client/
# None of them has an install script that is needed at run time.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
COPY client client
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web web
RUN node node_modules/vite/bin/vite.js build web

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Rostrum" \
      org.opencontainers.image.description="A real-time GraphQL server for live auction and trade rooms" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    LOG_FORMAT=json \
    DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY src src
COPY scripts/migrate.ts scripts/verify-ledger.ts scripts/
COPY web web
COPY --from=page /app/web/dist web/dist
# Only the embedded database writes here: with DATABASE_URL nothing is kept in the container.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The process itself is asked to end, by SIGTERM, and drains.
STOPSIGNAL SIGTERM
CMD ["node", "src/main.ts"]
