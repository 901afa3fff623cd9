// A witness as https://c2sp.org/tlog-witness describes one, for tests: it keeps
// the last checkpoint of each log in memory, checks signatures and proofs with
// Go's own note and tlog packages, and cosigns what continues what it has seen.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const name = "witness.example"

type witness struct {
	mutex sync.Mutex
	logs  note.Verifiers
	key   ed25519.PrivateKey
	seen  map[string]tlog.Tree
}

func keyID(public ed25519.PublicKey) []byte {
	sum := sha256.Sum256(append([]byte(name+"\n\x04"), public...))
	return sum[:4]
}

func (w *witness) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	body, err := io.ReadAll(request.Body)
	head, checkpoint, found := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	if err != nil || !found || request.Method != "POST" || !strings.HasPrefix(lines[0], "old ") {
		http.Error(out, "malformed", 400)
		return
	}
	old, err := strconv.ParseInt(lines[0][4:], 10, 64)
	if err != nil {
		http.Error(out, "malformed", 400)
		return
	}
	opened, err := note.Open([]byte(checkpoint), w.logs)
	if err != nil {
		http.Error(out, err.Error(), 403)
		return
	}
	parts := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(parts[1], 10, 64)
	hash, hashErr := tlog.ParseHash(parts[2])
	if err != nil || hashErr != nil || old > size {
		http.Error(out, "malformed", 400)
		return
	}
	last := w.seen[parts[0]]
	if old != last.N {
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(409)
		fmt.Fprintf(out, "%d\n", last.N)
		return
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		step, err := tlog.ParseHash(line)
		if err != nil {
			http.Error(out, "malformed", 400)
			return
		}
		proof = append(proof, step)
	}
	if last.N > 0 && last.N < size {
		if err := tlog.CheckTree(proof, size, hash, last.N, last.Hash); err != nil {
			http.Error(out, err.Error(), 422)
			return
		}
	} else if len(proof) > 0 || last.N == size && last.Hash != hash {
		http.Error(out, "that is another tree", 422)
		return
	}
	w.seen[parts[0]] = tlog.Tree{N: size, Hash: hash}
	now := time.Now().Unix()
	signed := ed25519.Sign(w.key, []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", now, opened.Text)))
	line := append(keyID(w.key.Public().(ed25519.PublicKey)), binary.BigEndian.AppendUint64(nil, uint64(now))...)
	fmt.Fprintf(out, "— %s %s\n", name, base64.StdEncoding.EncodeToString(append(line, signed...)))
	fmt.Printf("%s %d\n", parts[0], size)
}

// Arguments: the verifier keys of the logs. Prints its own key and URL, then what it signs.
func main() {
	var known []note.Verifier
	for _, vkey := range os.Args[1:] {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		known = append(known, verifier)
	}
	public, key, err := ed25519.GenerateKey(nil)
	listener, listenErr := net.Listen("tcp", "127.0.0.1:0")
	if err != nil || listenErr != nil {
		os.Exit(1)
	}
	encoded := base64.StdEncoding.EncodeToString(append([]byte{4}, public...))
	fmt.Printf("%s+%x+%s http://%s/add-checkpoint\n", name, keyID(public), encoded, listener.Addr())
	http.Serve(listener, &witness{logs: note.VerifierList(known...), key: key, seen: map[string]tlog.Tree{}})
}
