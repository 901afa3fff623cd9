// node mint.mjs issuer.jwk
import { readFile } from "node:fs/promises";
import { SignJWT, calculateJwkThumbprint, importJWK } from "jose";

const jwk = JSON.parse(await readFile(process.argv[2], "utf8"));
const grant = await new SignJWT({ iss: "marketplace", aud: "dropgate", paths: ["alice/drop-7/*"] })
  .setProtectedHeader({ alg: "EdDSA", kid: await calculateJwkThumbprint(jwk) })
  .setExpirationTime("1h")
  .sign(await importJWK(jwk, "EdDSA"));
console.log(grant);
