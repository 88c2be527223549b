package recording_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// The places of a secret, each argument behind a bar. In the first it may have any
// characters; in the others those that end a value for a shell or in a URL cannot be
// told from what comes behind.
var (
	wholePlaces = []string{
		"--password=#", "-token=#", "--db-pass=#", "env|DB_PASSWORD=#", "docker|run|-e|API_KEY=#", "--password|#", "--client-secret|#",
		"mysql|-p#", "mysql|-p|#", "docker|login|-p|#", "sshpass|-p|#", "curl|-u|#", "curl|--user=#", "redis-cli|-a|#", "ldapsearch|-w|#",
		"ldapsearch|-w#", "smbclient|-U|#", "timeout|3|smbclient|-U#", "sudo|env|a=b|mysqldump|-p#",
	}
	plainPlaces = []string{
		"git|clone|https://me:#@h/r", "curl|-H|Authorization: Bearer #", "curl|-H|x-api-key: #", `{"password": "#"}`,
		"sh|-c|run --password #; ls", "sh|-c|cd /x && mysql -p# db", "bash|-lc|export a_token=# b=c", "sh|-c|smbclient -U # //h/s",
		"sh|-c|ldapsearch -x -w # b", "openssl|-passin|pass:#",
	}
)

// TestNoSecretIsWritten looks for any four characters of a secret in what is written,
// wherever in a command line it was. One of them is a letter that nothing else in the
// line has beside digits: the Z of times is none.
func TestNoSecretIsWritten(t *testing.T) {
	r := redaction(t, "default")
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		places, characters := plainPlaces, `[QXJW0-9]{6,20}`
		if rapid.Bool().Draw(t, "whole") {
			places, characters = wholePlaces, `[QXJW0-9"'; =&@%\n\\<é]{6,20}`
		}
		secret := rapid.StringMatching(characters).Draw(t, "secret")
		noise := rapid.SliceOfN(rapid.StringMatching(`[a-f]{1,9}`), 0, 3)
		args := append([]string{"prog"}, noise.Draw(t, "before")...)
		args = append(args, strings.Split(strings.ReplaceAll(rapid.SampledFrom(places).Draw(t, "place"), "#", secret), "|")...)
		args = append(args, noise.Draw(t, "behind")...)
		ev := was(1, 1, "/bin/x")
		ev.Seq, ev.Process.Args = 1, events.ArgsOf(args...)
		ev.Process.Env = events.ArgsOf("HOME=/", "MY_SECRET="+secret, "db_pw="+secret)
		n++
		text := writtenAs(t, filepath.Join(dir, strings.Repeat("x", n%3+1)), ev, r)
		for i := range len(secret) - 3 {
			if part := []byte(secret[i : i+4]); bytes.Contains(text, part) && strings.ContainsAny(string(part), "QXJW") {
				t.Fatalf("%q of %q is in\n%s", part, args, text)
			}
		}
	})
}

// writtenAs records an event and returns what is in the file, and the strings in it.
func writtenAs(t *rapid.T, path string, ev *events.Event, r *recording.Redaction) []byte {
	f, err := recording.Create(recording.Options{Path: path, Replace: true})
	if err == nil {
		err = f.Begin(&events.Header{Version: "v"})
	}
	if err == nil {
		err = recording.Redact(f, r).Put(ev)
	}
	if err == nil {
		err = f.Close(record.Trailer{})
	}
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := record.NewReader(bytes.NewReader(packed), record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := in.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	p := got.Process
	if !p.Args.Redacted || !p.Env.Redacted {
		t.Errorf("%q and %q are not said to be redacted", p.Args.Raw, p.Env.Raw)
	}
	return slices.Concat(in.Line(), p.Args.Raw, p.Env.Raw)
}

// FuzzRedact: whatever the arguments are, as many come out, and where one is another it is
// said what it is, and with all patterns tried on all of them it is the same.
func FuzzRedact(f *testing.F) {
	f.Add([]byte("mysql\x00-p\x00x\x00--password=a\"b\x00"))
	f.Add([]byte("--pa\xc5\xbfsword=x\x00--TO\xe2\x84\xaaEN\x00y\x00a \xc5bearer 123456789\x00https://a:b@c\x00"))
	r, err := recording.ParseRedaction([]string{"default"})
	if err != nil {
		f.Fatal(err)
	}
	plain := r.Plainly()
	f.Fuzz(func(t *testing.T, raw []byte) {
		for i, vector := range []func(events.Args) events.Args{r.Args, r.Env} {
			in := events.Args{Raw: raw, Size: uint64(len(raw)), Status: events.Complete}
			out := vector(in)
			if out.Len() != in.Len() || out.Size != in.Size || out.Redacted == bytes.Equal(out.Raw, raw) {
				t.Fatalf("%q becomes %q", raw, out.Raw)
			}
			if want := []func(events.Args) events.Args{plain.Args, plain.Env}[i](in); !bytes.Equal(out.Raw, want.Raw) {
				t.Fatalf("%q becomes %q, and %q without the filter", raw, out.Raw, want.Raw)
			}
			was, is := in.Strings(), out.Strings()
			for i := range was {
				if was[i] != is[i] && !strings.Contains(is[i], recording.Redacted) {
					t.Errorf("%q becomes %q", was[i], is[i])
				}
			}
		}
	})
}
