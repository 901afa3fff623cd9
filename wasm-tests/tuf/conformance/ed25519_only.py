"""A pytest plugin: the suite's repository signs with Ed25519 where a test does not ask for something else.

Its default is ECDSA, which this client does not know: all metadata of dropgate is signed with Ed25519.
"""

from tuf_conformance._internal.repository_simulator import RepositorySimulator

RepositorySimulator.new_signer.__defaults__ = ("ed25519", "ed25519")
