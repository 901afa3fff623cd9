"""Downloads one file with the reference TUF client (python-tuf's ngclient), told nothing but a root it trusts.

    python stock_client.py BASE_URL ROOT_JSON TARGET_PATH OUT_DIR [--cache DIR]

prints one line of JSON. When everything verified:

    {"ok": true, "target": "alice/drop-7/cover.jpg", "file": "OUT_DIR/...", "length": 1344608, "sha256": "...",
     "custom": {...}, "versions": {"root": 1, "timestamp": 7, "snapshot": 2, "targets": 1, "alice": 1, ...}}

else, with exit status 1, what the client objected to:

    {"ok": false, "error": "ExpiredMetadataError", "message": "..."}

`--cache DIR` keeps the metadata between two runs, so that the client remembers versions and notices a rollback.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import Metadata
from tuf.ngclient import Updater


def versions(metadata_dir: Path) -> dict[str, int]:
    """The version of every role that the client verified and kept, by role name."""
    return {
        unquote(file.stem): Metadata.from_file(str(file)).signed.version
        for file in sorted(metadata_dir.glob("*.json"))
    }


def download(base_url: str, root: bytes, target: str, out_dir: Path, metadata_dir: Path) -> dict:
    """Walks from the trusted root to the target, downloads and verifies it."""
    base = base_url.rstrip("/")
    updater = Updater(
        metadata_dir=str(metadata_dir),
        metadata_base_url=f"{base}/metadata/",
        target_dir=str(out_dir),
        target_base_url=f"{base}/targets/",
        bootstrap=root,
    )
    updater.refresh()
    info = updater.get_targetinfo(target)
    if info is None:
        raise RepositoryError(f"no role that may sign for {target} lists it")
    file = Path(updater.download_target(info))
    content = file.read_bytes()
    return {
        "ok": True,
        "target": target,
        "file": str(file),
        "length": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "custom": info.custom,
        "versions": versions(metadata_dir),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Download one file with the reference TUF client.")
    parser.add_argument("base_url")
    parser.add_argument("root", type=Path, help="the root.json to trust")
    parser.add_argument("target", help="CREATOR/DROP/FILE")
    parser.add_argument("out_dir", type=Path)
    parser.add_argument("--cache", type=Path, help="keep the metadata here")
    options = parser.parse_args()

    options.out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh:
        cache = options.cache or Path(fresh)
        cache.mkdir(parents=True, exist_ok=True)
        try:
            result = download(options.base_url, options.root.read_bytes(), options.target, options.out_dir, cache)
        except (RepositoryError, DownloadError) as error:
            print(json.dumps({"ok": False, "error": type(error).__name__, "message": str(error)}))
            return 1
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
