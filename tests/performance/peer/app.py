"""The peer of B6, B7 and B11: what the replaced system was after its own optimizations. FastAPI on uvicorn (uvloop, httptools), asyncpg pool of
10 + 20, bcrypt in a pool of 8 threads, token and user caches of 5 minutes, and its kinds of middleware: request id, security headers, a log
line per request. Answers are byte for byte those of MITA but for the cursor.

PEER_STYLE=replaced: middleware in the form used there (BaseHTTPMiddleware), its seven combined into one. PEER_STYLE=lean: plain ASGI, as good as
FastAPI gets. Both are favoured: HS256 instead of ES256, no response models, statements prepared once per connection.
Settings: PEER_DATABASE_URL, PEER_SECRET, PEER_STYLE. Run: uvicorn app:app (tests/performance does)."""
import asyncio
import base64
import json
import logging
import os
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

SECRET = os.environ["PEER_SECRET"]
TTL = 300
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
log = logging.getLogger("peer")
LINE = '{"level":"info","event":"request","request_id":"%s","method":"%s","path":"%s","status":%d,"duration_ms":%.3f}'
SECURITY = [(b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"DENY"), (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-store"), (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")]


class Lean:
    """The same without the cost of BaseHTTPMiddleware (a task group and streams per request)."""

    def __init__(self, app):
        self.inner = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.inner(scope, receive, send)
        began = time.perf_counter()
        given = next((v for k, v in scope["headers"] if k == b"x-request-id"), None)
        request_id = given or uuid.uuid4().hex.encode()
        status = 500

        async def out(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id), *SECURITY]
            await send(message)

        try:
            await self.inner(scope, receive, out)
        finally:
            log.info(LINE, request_id.decode("latin-1"), scope["method"], scope["path"], status, (time.perf_counter() - began) * 1000)


async def combined(request, follow):
    began = time.perf_counter()
    request_id = request.headers.get("x-request-id") or uuid.uuid4().hex
    answer = await follow(request)
    answer.headers["X-Request-Id"] = request_id
    answer.raw_headers.extend(SECURITY)
    log.info(LINE, request_id, request.method, request.url.path, answer.status_code, (time.perf_counter() - began) * 1000)
    return answer


class Cache:
    """Values for five minutes, at most 10,000 of them."""

    def __init__(self):
        self.entries = {}

    def get(self, key):
        found = self.entries.get(key)
        if found is None:
            return None
        if found[0] < time.monotonic():
            del self.entries[key]
            return None
        return found[1]

    def put(self, key, value, ttl=TTL):
        if len(self.entries) >= 10_000:
            self.entries.pop(next(iter(self.entries)))
        self.entries[key] = (time.monotonic() + ttl, value)


app = FastAPI(openapi_url=None)
if os.environ.get("PEER_STYLE", "replaced") == "lean":
    app.add_middleware(Lean)
else:
    app.middleware("http")(combined)
tokens, users = Cache(), Cache()
hashing = ThreadPoolExecutor(max_workers=8)


@app.on_event("startup")
async def start():
    app.state.db = await asyncpg.create_pool(os.environ["PEER_DATABASE_URL"], min_size=10, max_size=30, command_timeout=5)


@app.on_event("shutdown")
async def stop():
    await app.state.db.close()


USER = "select id, email, display_name, timezone, currency, locale, region, onboarded, settings, is_active, password_hash from peer.users where "


async def current_user(request: Request):
    header = request.headers.get("authorization", "")
    if not header.startswith("Bearer "):
        raise HTTPException(401, "not authenticated", {"WWW-Authenticate": "Bearer"})
    token = header[7:]
    claims = tokens.get(token)
    if claims is None:
        try:
            claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="mita-api")
        except jwt.PyJWTError:
            raise HTTPException(401, "invalid token", {"WWW-Authenticate": "Bearer"}) from None
        tokens.put(token, claims, min(TTL, claims["exp"] - time.time()))
    user = users.get(claims["sub"])
    if user is None:
        row = await app.state.db.fetchrow(USER + "id = $1", uuid.UUID(claims["sub"]))
        if row is None or not row["is_active"]:
            raise HTTPException(401, "unknown user", {"WWW-Authenticate": "Bearer"})
        user = {"id": str(row["id"]), "email": row["email"], "display_name": row["display_name"], "timezone": row["timezone"], "currency": row["currency"],
                "locale": row["locale"], "region": row["region"], "onboarded": row["onboarded"], "settings": json.loads(row["settings"])}
        users.put(claims["sub"], user)
    return user


class Credentials(BaseModel):
    email: str
    password: str


@app.post("/v1/auth/login")
async def login(given: Credentials):
    row = await app.state.db.fetchrow(USER + "email = $1", given.email)
    stored = row["password_hash"].encode() if row else bcrypt.gensalt(4)
    right = await asyncio.get_running_loop().run_in_executor(hashing, bcrypt.checkpw, given.password.encode(), stored)
    if not row or not right:
        raise HTTPException(401, "invalid credentials")
    now = int(time.time())
    token = jwt.encode({"sub": str(row["id"]), "aud": "mita-api", "iat": now, "exp": now + 3600, "jti": uuid.uuid4().hex}, SECRET, algorithm="HS256")
    return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


@app.get("/v1/me")
async def me(user=Depends(current_user)):
    return JSONResponse(user)


PAGE = """select id, account_id, booked_on, occurred_at, amount, currency, category, payee, note, tags, bill_id, created_at, updated_at
from peer.transactions where user_id = $1 and ($2::date is null or (booked_on, id) < ($2, $3)) order by booked_on desc, id desc limit $4"""


def instant(value):
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@app.get("/v1/transactions")
async def transactions(user=Depends(current_user), limit: int = Query(50, ge=1, le=500), cursor: str | None = None):
    day, after = None, None
    if cursor:
        import datetime
        text = base64.urlsafe_b64decode(cursor).decode().split("|")
        day, after = datetime.date.fromisoformat(text[0]), uuid.UUID(text[1])
    rows = await app.state.db.fetch(PAGE, uuid.UUID(user["id"]), day, after, limit + 1)
    data = [{"id": str(r["id"]), "account_id": r["account_id"] and str(r["account_id"]), "booked_on": r["booked_on"].isoformat(),
             "occurred_at": instant(r["occurred_at"]), "money": {"amount": r["amount"], "currency": r["currency"]}, "category": r["category"], "splits": [],
             "payee": r["payee"], "note": r["note"], "tags": r["tags"], "bill_id": r["bill_id"], "created_at": instant(r["created_at"]),
             "updated_at": instant(r["updated_at"])} for r in rows[:limit]]
    more = base64.urlsafe_b64encode(f"{data[-1]['booked_on']}|{data[-1]['id']}".encode()).decode() if len(rows) > limit else None
    return JSONResponse({"data": data, "next_cursor": more})


@app.get("/readyz")
async def ready():
    return {"status": "ready"}
