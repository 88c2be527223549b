package recording_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// S12: what has the form of a secret is not written, and what has not is.
func TestRedactUsual(t *testing.T) {
	r := redaction(t, "default")
	for _, c := range []struct{ args, want string }{
		{"app --password=hunter2 -v", "app --password=# -v"},
		{"app --password hunter2 -v", "app --password # -v"},
		{"app -token x --db-password y z", "app -token # --db-password # z"},
		{"docker run -e DB_PASSWORD=x -e PATH=/bin img", "docker run -e DB_PASSWORD=# -e PATH=/bin img"},
		{"docker run -p 80:80 img", "docker run -p 80:80 img"},
		{"docker login -u me -p hunter2 reg", "docker login -u me -p # reg"},
		{"mysql -uroot -phunter2 db", "mysql -uroot -p# db"},
		{"/usr/bin/mysqldump -p hunter2 db", "/usr/bin/mysqldump -p # db"},
		{"mkdir -p a/b", "mkdir -p a/b"},
		{"ssh -p 22 host", "ssh -p 22 host"},
		{"sshpass -p x ssh -p 22 host", "sshpass -p # ssh -p # host"},
		{"docker exec r4db mysql -uroot -phunter3 db", "docker exec r4db mysql -uroot -p# db"},
		{"env A=b /usr/bin/mysqladmin -phunter3", "env A=b /usr/bin/mysqladmin -p#"},
		{"timeout 3 mysqladmin -p hunter3 ping", "timeout 3 mysqladmin -p # ping"},
		{"nice -n 5 sshpass -p x true", "nice -n 5 sshpass -p # true"},
		{"sudo -u root docker login -u me -p x reg", "sudo -u root docker login -u me -p # reg"},
		{"kubectl exec pod -- redis-cli -a x ping", "kubectl exec pod -- redis-cli -a # ping"},
		{"nsenter -t 1 -a curl --user me:x h", "nsenter -t 1 -a curl --user # h"},
		{"curl --user=me:x -u me:y h", "curl --user=# -u # h"},
		{"docker run --name mysql -p 3306:3306 mysql", "docker run --name mysql -p 3306:3306 mysql"},
		{"ldapsearch -D cn=me -w x", "ldapsearch -D cn=me -w #"},
		{"smbclient -U me%x //h/s", "smbclient -U # //h/s"},
		{"app --password=[redacted]hunter2", "app --password=#"},
		{"az AccountKey=abc==;Endpoint=x", "az AccountKey=#;Endpoint=x"},
		{"get https://h/b?sv=1&sig=abc%3D&se=2", "get https://h/b?sv=1&sig=#&se=2"},
		{"x dckr_pat_abcdefghijklmnopqrstu hf_abcdefghijklmnopqrst sk_live_abcdefghijkl", "x # # #"},
		{"zip -P x a.zip f", "zip -P # a.zip f"},
		{"7z a -px a.7z f", "7z a -p# a.7z f"},
		{"openssl enc -k x -in f", "openssl enc -k # -in f"},
		{"curl -u me:x https://h/", "curl -u # https://h/"},
		{"git clone https://me:hunter2@h/r.git", "git clone https://me:#@h/r.git"},
		{"git clone https://h:8080/r.git", "git clone https://h:8080/r.git"},
		{"ls AKIAABCDEFGHIJKLMNOP", "ls #"},
		{"env DB_PASS=a MY_PWD=b GH_TOKEN=c SSH_KEY=d X_SECRET=e db_pw=f PASS=g", "env DB_PASS=# MY_PWD=# GH_TOKEN=# SSH_KEY=# X_SECRET=# db_pw=# PASS=#"},
		{"env PWD=/root OLDPWD=/ KEY=x BYPASS=1 COMPASS=n key=x", "env PWD=/root OLDPWD=/ KEY=x BYPASS=1 COMPASS=n key=x"},
		{"app --db-pass x --pass=y -pass z --sort-key=name", "app --db-pass # --pass=# -pass # --sort-key=name"},
		{"psql postgres://me:p@ss@h/db redis://:x@h", "psql postgres://me:#@h/db redis://:#@h"},
		{"x --client_secret=", "x --client_secret="},
		{"x --tokenizer=fast", "x --tokenizer=#"},
	} {
		got := r.Args(events.ArgsOf(strings.Split(c.args, " ")...))
		if want := strings.Split(strings.ReplaceAll(c.want, "#", recording.Redacted), " "); !slices.Equal(got.Strings(), want) {
			t.Errorf("%s: got %q", c.args, got.Strings())
		}
	}
}

func TestRedactWithinAnArgument(t *testing.T) {
	r := redaction(t, "default")
	for arg, want := range map[string]string{
		`mysql --password='a b' -e x; echo`:                     `mysql --password=# -e x; echo`,
		`Authorization: Bearer abc.def`:                         `Authorization: Bearer #`,
		`X-Api-Key: abc`:                                        `X-Api-Key: #`,
		`{"password": "a b", "user": "me"}`:                     `{"password": #, "user": "me"}`,
		`curl -d "{\"password\": \"x y\", \"user\": \"me\"}" h`: `curl -d "{\"password\": \"#\", \"user\": \"me\"}" h`,
		`docker exec db mysql -uroot -px -e 1`:                  `docker exec db mysql -uroot -p# -e 1`,
		`export A_TOKEN=x B_SECRET="y z"; run -p 1`:             `export A_TOKEN=# B_SECRET=#; run -p 1`,
		`mysql -uroot -phunter2 db; mkdir -p a`:                 `mysql -uroot -p# db; mkdir -p a`,
		`cd /x && /usr/bin/mysqldump -p'a b' db | x`:            `cd /x && /usr/bin/mysqldump -p# db | x`,
		`curl -s -u me:x https://h/ && ssh -u me h`:             `curl -s -u # https://h/ && ssh -u me h`,
		`curl --user me:x h; docker run -p 80:80 i`:             `curl --user # h; docker run -p 80:80 i`,
		`echo y | docker login -u me -p x reg`:                  `echo y | docker login -u me -p # reg`,
		`curl -H "Authorization: Bearer abc.def" h`:             `curl -H "Authorization: Bearer #" h`,
		`curl -H 'authorization: Basic bWU6eA==' h`:             `curl -H 'authorization: Basic #' h`,
		`wget --header='Cookie: session=x; b=y' h`:              `wget --header='Cookie: #' h`,
		`--header=Cookie: session=x`:                            `--header=Cookie: #`,
		`DB_PASS=x DB_PWD='y z' ./run`:                          `DB_PASS=# DB_PWD=# ./run`,
		`git clone https://me:x@h/r && cd "$PWD"`:               `git clone https://me:#@h/r && cd "$PWD"`,
		"tool --passphrase x\ndone":                             "tool --passphrase #\ndone",
	} {
		redacted := r.Args(events.ArgsOf("sh", "-c", arg))
		got := redacted.Strings()
		if !redacted.Redacted {
			t.Errorf("%s: is not said to be redacted", arg)
		}
		if len(got) != 3 || got[2] != strings.ReplaceAll(want, "#", recording.Redacted) {
			t.Errorf("%s: got %q", arg, got)
		}
	}
}

func TestRedactPattern(t *testing.T) {
	r := redaction(t, `^key(\d+)$`, "whole")
	got := r.Args(events.ArgsOf("key12", "a whole", "--password=x")).Strings()
	if want := []string{"key" + recording.Redacted, "a " + recording.Redacted, "--password=x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := recording.ParseRedaction([]string{"("}); err == nil {
		t.Error("a pattern that is none is taken")
	}
}

// What one pattern finds hides nothing from the next: all that any finds is out.
func TestRedactPatternsTogether(t *testing.T) {
	r := redaction(t, "default", "sekret.*", "b+", "bbc")
	for arg, want := range map[string]string{
		"sekret ABC --token=XYZ DEF":   "#",
		"a sekret --token=XYZ":         "a #",
		"abbcd":                        "a#d",
		"--token=XYZ b --token=XYZ ab": "--token=# # --token=# a#",
		"[redacted]":                   "[redacted]",
	} {
		if got := r.Args(events.ArgsOf(arg)).Strings(); len(got) != 1 || got[0] != strings.ReplaceAll(want, "#", recording.Redacted) {
			t.Errorf("%s: got %q, want %s", arg, got, want)
		}
	}
}

// A vector that was cut keeps its end without a NUL and its true size.
func TestRedactCutVector(t *testing.T) {
	cut := events.Args{Raw: []byte("x\x00--token=abc"), Size: 99, Status: events.Truncated}
	got := redaction(t, "default").Args(cut)
	if string(got.Raw) != "x\x00--token="+recording.Redacted || got.Size != 99 || got.Status != events.Truncated {
		t.Errorf("got %q of %d, %v", got.Raw, got.Size, got.Status)
	}
}

func TestRedactLeavesTheEventToOthers(t *testing.T) {
	ev := &events.Event{Kind: events.Exec}
	ev.Process.Args, ev.Process.Env = events.ArgsOf("--token=x"), events.ArgsOf("API_KEY=y", "HOME=/")
	var got taken
	if err := recording.Redact(&got, redaction(t, "default")).Put(ev); err != nil {
		t.Fatal(err)
	}
	if len(got.all) != 1 {
		t.Fatalf("%d events", len(got.all))
	}
	p := got.all[0].Process
	if p.Args.Strings()[0] != "--token="+recording.Redacted || p.Env.Strings()[0] != "API_KEY="+recording.Redacted || p.Env.Strings()[1] != "HOME=/" {
		t.Errorf("got %q and %q", p.Args.Strings(), p.Env.Strings())
	}
	if ev.Process.Args.Strings()[0] != "--token=x" || ev.Process.Env.Strings()[0] != "API_KEY=y" {
		t.Error("the event is changed for others")
	}
}

func redaction(t *testing.T, patterns ...string) *recording.Redaction {
	t.Helper()
	r, err := recording.ParseRedaction(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// taken keeps what reaches the end.
type taken struct{ all []*events.Event }

func (k *taken) Put(ev *events.Event) error {
	k.all = append(k.all, ev.Clone())
	return nil
}

func (*taken) Flush() error { return nil }
