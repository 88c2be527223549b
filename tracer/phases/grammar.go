package phases

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// grammar is how a program's arguments are read, as far as containers' lives go.
type grammar struct {
	verbs []string // that concern a container's start or end
	// objects are the words that may come before one, and what that makes of it: one
	// that stands for nothing is a container itself.
	objects map[string]string
	// object is what the commands are of where no word says it.
	object string
	// bare are the flags that take no value, by verb; those before it by "".
	bare map[string][]string
	// named is the flag that names a container that is made; without one it is the word
	// at place, after that of the image.
	named string
	place int
	// long says that -flag is --flag, and stops that no flags come after a word.
	long, stops bool
	// short says that a beginning of an id stands for it.
	short bool
}

func list(words string) []string { return strings.Fields(words) }

// asking are the commands that make or start a container.
var asking = []string{
	"run", "create", "start", "restart", "runp", "compose up", "compose run", "compose create", "compose start", "compose restart",
	"kube play", "play kube", "pod start", "pod restart",
}

// dockerlike are docker(1) and those who have its commands: docker compose, podman(1),
// nerdctl and buildah.
var dockerlike = grammar{
	verbs: append(list("stop kill rm build bud cleanup"), asking...),
	objects: map[string]string{
		"container": "", "compose": "compose", "pod": "pod", "kube": "kube", "play": "play",
	},
	bare: map[string][]string{
		"": list("D debug tls tlsverify h help v version r remote syslog noout transient-store experimental insecure-registry debug-full all-resources dry-run compatibility verbose"),
		"run": list("d detach rm i interactive t tty init privileged read-only P publish-all q quiet no-healthcheck oom-kill-disable sig-proxy" +
			" disable-content-trust use-api-socket env-host http-proxy no-hosts no-hostname passwd read-only-tmpfs replace rmi rootfs tls-verify unsetenv-all"),
		"create": list("i interactive t tty init privileged read-only P publish-all q quiet no-healthcheck oom-kill-disable" +
			" disable-content-trust use-api-socket env-host http-proxy no-hosts no-hostname passwd read-only-tmpfs replace rm rootfs tls-verify unsetenv-all"),
		"start":   list("a attach i interactive all l latest sig-proxy"),
		"stop":    list("a all i ignore l latest"),
		"restart": list("a all l latest running"),
		"kill":    list("a all l latest"),
		"rm":      list("f force v volumes l link latest a all i ignore depend"),
		"cleanup": list("rm rmi stopped-only a all l latest"),
	},
	named: "name", short: true,
}

var grammars = map[string]*grammar{
	// The program of docker compose is called as one of its own, or with its word.
	"docker-compose": {
		verbs:   asking,
		object:  "compose",
		objects: map[string]string{"compose": "compose"},
		bare:    dockerlike.bare,
	},
	"ctr": {
		verbs:   list("run create start kill rm delete"),
		objects: map[string]string{"containers": "", "container": "", "c": "", "tasks": "", "task": "", "t": ""},
		bare: map[string][]string{
			"": list("debug h help v version"),
			"run": list("rm null-io d detach t tty net-host privileged read-only rootfs no-pivot cni seccomp allow-new-privs isolated" +
				" runc-systemd-cgroup"),
			"create": list("t tty net-host privileged read-only rootfs no-pivot cni seccomp allow-new-privs isolated runc-systemd-cgroup"),
			"start":  list("null-io d detach"), "kill": list("a all"), "rm": list("f force keep-snapshot"), "delete": list("f force keep-snapshot"),
		},
		place: 1, long: true, stops: true,
	},
	"crictl": {
		verbs: list("run create start runp stop stopp rm rmp"),
		bare: map[string][]string{
			"": list("D debug h help v version enable-tracing"), "run": list("no-pull with-pull"), "create": list("no-pull with-pull"),
			"rm": list("f force a all k keep-logs"), "rmp": list("f force a all"),
		},
		long: true, stops: true, short: true,
	},
}

// ofRole are the grammars of those that have none of their own.
var ofRole = map[role]*grammar{
	roleClient: &dockerlike,
	roleEngine: &dockerlike,
	// runc(8), crun(1), which have no letters that run together.
	roleRuntime: {
		verbs: list("create run start restore kill delete"),
		bare: map[string][]string{
			"":       list("debug systemd-cgroup h help v version"),
			"create": list("no-pivot no-new-keyring no-mount-fallback"), "run": list("d detach keep no-pivot no-new-keyring no-subreaper no-mount-fallback"),
			"kill": list("a all r regex"), "delete": list("f force r regex"),
		},
		long: true,
	},
	// containerd's pkg/shim/shim.go.
	roleShim: {
		verbs: list("start delete"), bare: map[string][]string{"": list("debug info v")}, long: true,
	},
}

// looking are the commands of clients by which a daemon only shows what there is, or what
// is within one container.
var looking = list("ps ls list inspect logs events exec images image version info attach wait stats top cp port diff history search" +
	" tag login logout manifest context completion help docker-cli-plugin-metadata")

// onlyLooks reports whether a client's command is one of those, or of no word.
func onlyLooks(args events.Args) bool {
	c, waits, n := command{grammar: &dockerlike, flags: map[string]string{}}, "", 0
	for arg := range args.All {
		s := string(arg)
		if n++; n == 1 {
			continue
		} else if n > maxWords {
			break
		}
		switch {
		case waits != "":
			waits = ""
		case len(s) > 1 && s[0] == '-':
			waits = c.take(s)
		default:
			c.words = append(c.words, s)
		}
		if len(c.words) == 2 {
			break
		}
	}
	if len(c.words) == 0 {
		return true
	}
	// docker network ls, docker container inspect: the second word says what is done.
	object := list("container network volume compose system service node stack plugin builder")
	return slices.Contains(looking, c.words[0]) || len(c.words) > 1 && slices.Contains(object, c.words[0]) && slices.Contains(looking, c.words[1])
}
