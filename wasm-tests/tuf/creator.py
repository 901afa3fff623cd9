"""Writes a creator's roles with python-tuf, as a pipeline without the dropgate command line would.

    python creator.py KEY_HEX CREATOR DROP FILE OUT_DIR VERSION

signs with the Ed25519 seed KEY_HEX and writes OUT_DIR/CREATOR.json, OUT_DIR/CREATOR.DROP.json and a token for the
upload (OUT_DIR/token). Like tuf-on-ci it adds members of its own to the metadata and to the keys.
"""

import base64
import hashlib
import sys
import time
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, TargetFile, Targets

CHUNK = 256 * 1024


def entry(path: str, content: bytes) -> TargetFile:
    """A file of a drop: what any TUF client needs, and dropgate's `custom`."""
    chunks = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
    digests = b"".join(hashlib.sha256(chunk).digest() for chunk in chunks)
    target = TargetFile.from_data(path, content, ["sha256"])
    target.unrecognized_fields["custom"] = {
        "media_type": "text/plain; charset=utf-8",
        "chunk_size": CHUNK,
        "chunks": base64.b64encode(digests).decode(),
        "crc32": f"{zlib.crc32(content):08x}",
        "license": "CC0-1.0",
        "access": "public",
    }
    return target


def main() -> None:
    seed, creator, drop, file, out, version = sys.argv[1:]
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    signer = CryptoSigner(private)
    key = signer.public_key
    key.unrecognized_fields["x-tuf-on-ci-keyowner"] = "@somebody"
    expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=30)
    content = Path(file).read_bytes()
    path = f"{creator}/{drop}/{Path(file).name}"

    manifest = Targets(version=int(version), expires=expires, targets={path: entry(path, content)})
    manifest.unrecognized_fields["x-drop"] = {"title": "Made without dropgate"}
    manifest.unrecognized_fields["x-tuf-on-ci-expiry-period"] = 30
    role = DelegatedRole(f"{creator}.{drop}", [key.keyid], 1, True, paths=[f"{creator}/{drop}/*"])
    delegations = Delegations({key.keyid: key}, {role.name: role})
    listing = Targets(version=int(version), expires=expires, delegations=delegations)
    listing.unrecognized_fields["x-tuf-on-ci-expiry-period"] = 30

    folder = Path(out)
    for name, signed in [(creator, listing), (role.name, manifest)]:
        metadata = Metadata(signed)
        metadata.sign(signer)
        metadata.to_file(str(folder / f"{name}.json"))
    now = int(time.time())
    claims = {"iss": creator, "aud": "dropgate", "iat": now, "exp": now + 600, "drop": f"{creator}/{drop}"}
    token = jwt.encode(claims, private, algorithm="EdDSA", headers={"typ": "upload+jwt"})
    (folder / "token").write_text(token)


if __name__ == "__main__":
    main()
