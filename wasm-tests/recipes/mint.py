"""Mints a grant with PyJWT and one with joserfc: python mint.py KEY.jwk KID."""

import json
import sys
import time

import jwt
from joserfc import jwt as jose
from joserfc.jwk import OKPKey

with open(sys.argv[1], encoding="utf-8") as file:
    jwk = json.load(file)
header = {"alg": "EdDSA", "kid": sys.argv[2]}
claims = {
    "iss": "marketplace",
    "aud": "dropgate",
    "exp": int(time.time()) + 600,
    "paths": ["alice/drop-7/*"],
}
tokens = {
    "pyjwt": jwt.encode(claims, jwt.PyJWK(jwk, "EdDSA").key, algorithm="EdDSA", headers=header),
    "joserfc": jose.encode(header, claims, OKPKey.import_key(jwk), algorithms=["EdDSA"]),
}
print(json.dumps(tokens))
