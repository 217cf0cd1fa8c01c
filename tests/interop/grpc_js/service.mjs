// The service of the interop tests as grpc-js has it from the .proto, for server.mjs and client.mjs.
import { createRequire } from "node:module";

// npm's packages lie in tests/node_modules, which the caller names: a test runs where links lead
// elsewhere.
const require = createRequire(process.env.NODE_MODULES + "/");
export const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const definition = loader.loadSync("tests/interop/test.proto", {
  includeDirs: [process.cwd()],
  keepCase: true,
  defaults: true,
});
export const { TestService, UnimplementedService } =
  grpc.loadPackageDefinition(definition).grpc.testing;

export const zeros = (bytes) => ({ body: Buffer.alloc(bytes) });
