# docs/operating.md, Container.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No scripts: the image has its own Node.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY commands ./commands
COPY src ./src
COPY page ./page
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production ROOMD_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE ./
COPY page ./page
RUN mkdir -m 700 data && chown node:node data
USER node
VOLUME /app/data
EXPOSE 9090 6667 7777 9000 65432
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ROOMD_HTTP ?? 7777}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=12", "dist/src/main.js"]
