// A person's account from its first day to its last, by the client that openapi-typescript makes of the contract: what does not fit its types
// does not compile. Lines on stdout ask the test for what comes from elsewhere: a letter's token, the services' time.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createInterface } from "node:readline";
import createClient, { type Middleware } from "openapi-fetch";
import { Passkey } from "./authenticator.js";
import type { components, paths } from "./client.js";

const [url, email, origin] = process.argv.slice(2) as [string, string, string];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(what: string): Promise<string> {
  console.log(what);
  return (await lines.next()).value as string;
}

let bearer: string | undefined;
const signed: Middleware = {
  onRequest({ request }) {
    if (bearer) request.headers.set("Authorization", `Bearer ${bearer}`);
    return request;
  },
};
const api = createClient<paths>({ baseUrl: url });
api.use(signed);

type Answer<T> = { data?: T; error?: unknown; response: Response };
function got<T>(answer: Answer<T>, status = 200): T {
  assert.equal(answer.response.status, status, JSON.stringify(answer.error ?? answer.data));
  return answer.data as T;
}
function refused(answer: Answer<unknown>, status: number, code: string): components["schemas"]["problem"] {
  assert.equal(answer.response.status, status);
  const problem = answer.error as components["schemas"]["problem"];
  assert.equal(problem.code, code);
  return problem;
}

// RFC 6238 by a secret in base32.
async function code(secret: string): Promise<string> {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g)!.map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(await ask("time")) / 30n);
  const mac = createHmac("sha1", key).update(step).digest();
  const at = mac[19]! & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const password = "a first password of a journey", another = "a second password of a journey";
const login = (password: string) => api.POST("/v1/auth/login", { body: { email, password } });
async function secondStep(first: Answer<unknown>, code: string) {
  const problem = refused(first, 401, "mfa_required");
  assert.deepEqual(problem.methods, ["totp", "recovery_code"]);
  return api.POST("/v1/auth/mfa/verify", { body: { mfa_token: problem.mfa_token!, code } });
}

// register, verify
const first = got(await api.POST("/v1/auth/register", { body: { email, password, display_name: "Typed" } }), 201);
assert(first && "access_token" in first);
bearer = first.access_token;
assert.equal(got(await api.GET("/v1/auth/me")).email_verified, false);
got(await api.POST("/v1/auth/email/verify", { body: { token: await ask("letter verify-email") } }), 204);
assert.equal(got(await api.GET("/v1/auth/me")).email_verified, true);

// a code generator; a login with it
const { secret } = got(await api.POST("/v1/auth/mfa/totp"));
const { recovery_codes } = got(await api.POST("/v1/auth/mfa/totp/confirm", { body: { code: await code(secret) } }));
assert.equal(recovery_codes.length, 10);
const signedIn = got(await secondStep(await login(password), await code(secret)));
assert.equal(signedIn.user.email, email);
bearer = signedIn.access_token;

// a passkey; a login by it alone
const passkey = new Passkey(origin);
const creation = got(await api.POST("/v1/auth/passkeys:begin"));
got(await api.POST("/v1/auth/passkeys", { body: { name: "typed", credential: passkey.make(creation.public_key) } }), 201);
bearer = undefined;
const question = got(await api.POST("/v1/auth/passkey_login:begin"));
const byKey = got(await api.POST("/v1/auth/passkey_login", { body: { credential: passkey.show(question.public_key) } }));
bearer = byKey.access_token;
assert.equal(got(await api.GET("/v1/auth/mfa")).passkeys, 1);

// a reset ends every session and skips no factor
got(await api.POST("/v1/auth/password/forgot", { body: { email } }), 202);
got(await api.POST("/v1/auth/password/reset", { body: { token: await ask("letter reset-password"), new_password: another } }), 204);
refused(await api.GET("/v1/auth/me"), 401, "unauthorized");
bearer = undefined;
refused(await login(password), 401, "invalid_credentials");
const back = await login(another);
const told = refused(back, 401, "mfa_required");
const again = got(await api.POST("/v1/auth/mfa/verify", { body: { mfa_token: told.mfa_token!, code: recovery_codes[0]! } }));
bearer = again.access_token;

// the end
got(await api.DELETE("/v1/auth/me", { body: { password: another } }), 204);
refused(await api.GET("/v1/auth/me"), 401, "unauthorized");
bearer = undefined;
refused(await login(another), 401, "invalid_credentials");
console.log("done");
