// Command verify checks a log with golang.org/x/mod/sumdb (tlog, note), as
// Debian packages it. Run with GO111MODULE=off and GOPATH=/usr/share/gocode.
//
//	verify LOG-URL VKEY EARLIER-CHECKPOINT RECEIPT PROOF
//
// Everything that must hold is checked to hold, and then to fail once it was
// changed.
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) != 6 {
		fail("verify LOG-URL VKEY EARLIER-CHECKPOINT RECEIPT PROOF")
	}
	url, vkey := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(vkey)
	must(err)

	current := get(url + "/checkpoint")
	tree, origin := open(current, verifier)
	if origin != verifier.Name() {
		fail("the checkpoint is of %q, the key of %q", origin, verifier.Name())
	}
	earlier, _ := open(read(os.Args[3]), verifier)
	fmt.Printf("checkpoints of %d and %d entries are signed by %s\n", earlier.N, tree.N, verifier.Name())
	forged := []byte(strings.Replace(string(current), fmt.Sprintf("\n%d\n", tree.N), fmt.Sprintf("\n%d\n", tree.N+1), 1))
	if _, err := note.Open(forged, note.VerifierList(verifier)); err == nil {
		fail("a checkpoint with another size was accepted")
	}

	// TileHashReader checks every tile it reads against the signed root.
	hashes := tlog.TileHashReader(tree, &tiles{url: url})
	consistency, err := tlog.ProveTree(tree.N, earlier.N, hashes)
	must(err)
	must(tlog.CheckTree(consistency, tree.N, tree.Hash, earlier.N, earlier.Hash))
	if tlog.CheckTree(consistency, tree.N, tree.Hash, earlier.N, tree.Hash) == nil {
		fail("another tree passed for the earlier one")
	}
	fmt.Printf("the log grew from %d entries\n", earlier.N)

	leaf := tlog.RecordHash(read(os.Args[4]))
	index, path, proven := proof(read(os.Args[5]), verifier)
	must(tlog.CheckRecord(path, proven.N, proven.Hash, index, leaf))
	other := tlog.RecordHash(append(read(os.Args[4]), '\n'))
	if tlog.CheckRecord(path, proven.N, proven.Hash, index, other) == nil {
		fail("another receipt passed for entry %d", index)
	}
	if tlog.CheckRecord(path, proven.N, proven.Hash, index^1, leaf) == nil {
		fail("the receipt passed for another entry")
	}
	stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	must(err)
	if stored[0] != leaf {
		fail("tile 0 holds another hash for entry %d", index)
	}
	own, err := tlog.ProveRecord(tree.N, index, hashes)
	must(err)
	must(tlog.CheckRecord(own, tree.N, tree.Hash, index, leaf))
	fmt.Printf("the receipt is entry %d, by our proof and by Go's own\n", index)

	if _, err := tlog.TileHashReader(tree, &tiles{url: url, flip: true}).ReadHashes([]int64{tlog.StoredHashIndex(0, index)}); err == nil {
		fail("a damaged tile was accepted")
	}
}

// open verifies a signed checkpoint and parses its three lines.
func open(signed []byte, verifier note.Verifier) (tlog.Tree, string) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		fail("the checkpoint has %d lines", len(lines))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}, lines[0]
}

// proof parses a C2SP tlog-proof.
func proof(file []byte, verifier note.Verifier) (int64, tlog.RecordProof, tlog.Tree) {
	head, checkpoint, found := strings.Cut(string(file), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("this is not a tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		path = append(path, hash(line))
	}
	tree, _ := open([]byte(checkpoint), verifier)
	return index, path, tree
}

func hash(text string) tlog.Hash {
	var hash tlog.Hash
	bytes, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if copy(hash[:], bytes) != len(hash) || len(bytes) != len(hash) {
		fail("%q is not a hash", text)
	}
	return hash
}

// tiles reads tiles over HTTP; C2SP leaves the height out of their paths.
type tiles struct {
	url  string
	flip bool
}

func (t *tiles) Height() int { return height }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		bytes := get(t.url + "/" + path)
		if t.flip {
			bytes[0] ^= 1
		}
		read = append(read, bytes)
	}
	return read, nil
}

func get(url string) []byte {
	response, err := http.Get(url)
	must(err)
	defer response.Body.Close()
	bytes, err := io.ReadAll(response.Body)
	must(err)
	if response.StatusCode != 200 {
		fail("%s answered %s", url, response.Status)
	}
	return bytes
}

func read(file string) []byte {
	bytes, err := os.ReadFile(file)
	must(err)
	return bytes
}

func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "verify: "+format+"\n", values...)
	os.Exit(1)
}
