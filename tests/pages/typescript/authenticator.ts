// A passkey in software: a P-256 key that answers as WebAuthn's JSON forms say. CBOR as far as it is needed.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import type { components } from "./client.js";

type Creation = components["schemas"]["passkey_creation"]["public_key"];
type Question = components["schemas"]["passkey_question"]["public_key"];

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest();
const text = (value: Buffer) => value.toString("base64url");

function head(kind: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(kind << 5) | n]);
  if (n < 256) return Buffer.from([(kind << 5) | 24, n]);
  return Buffer.from([(kind << 5) | 25, n >> 8, n & 255]);
}

function cbor(value: number | string | Buffer | Map<number | string, unknown>): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const members = [...value].flatMap(([k, v]) => [cbor(k), cbor(v as Buffer)]);
  return Buffer.concat([head(5, value.size), ...members]);
}

export class Passkey {
  private readonly id = randomBytes(32);
  private readonly key: KeyObject;
  private readonly cose: Buffer;
  private handle = "";
  private counter = 0;

  constructor(private readonly origin: string) {
    const made = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = made.publicKey.export({ format: "jwk" });
    this.key = made.privateKey;
    this.cose = cbor(new Map<number, unknown>([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x!, "base64url")], [-3, Buffer.from(y!, "base64url")]]));
  }

  private clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }

  private data(domain: string, flags: number, more = Buffer.alloc(0)): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(++this.counter);
    return Buffer.concat([sha256(domain), Buffer.from([flags]), counter, more]);
  }

  make(options: Creation) {
    this.handle = options.user.id;
    const length = Buffer.from([0, this.id.length]);
    const data = this.data(options.rp.id, 0x45, Buffer.concat([Buffer.alloc(16), length, this.id, this.cose]));
    const attestation = cbor(new Map<string, unknown>([["fmt", "none"], ["attStmt", new Map()], ["authData", data]]));
    return {
      id: text(this.id), rawId: text(this.id), type: "public-key" as const, clientExtensionResults: {},
      response: { clientDataJSON: text(this.clientData("webauthn.create", options.challenge)), attestationObject: text(attestation), transports: ["internal"] },
    };
  }

  show(options: Question) {
    const data = this.data(options.rpId, 0x05);
    const told = this.clientData("webauthn.get", options.challenge);
    return {
      id: text(this.id), rawId: text(this.id), type: "public-key" as const, clientExtensionResults: {},
      response: {
        clientDataJSON: text(told), authenticatorData: text(data), userHandle: this.handle,
        signature: text(sign("sha256", Buffer.concat([data, sha256(told)]), this.key)),
      },
    };
  }
}
