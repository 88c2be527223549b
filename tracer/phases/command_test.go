package phases

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestCommands: what a command line is for, whom it names and whether it asks for their
// end, in the words of those programs' manuals.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		line, verb, targets string
		ends                bool
	}{
		{"docker run -d --name web -p 80:80 busybox stop db", "run", "web", false},
		{"docker run -dit --name=web busybox", "run", "web", false},
		{"docker run -itv /a:/b --label start busybox --name x", "run", "", false},
		{"docker --context far -l debug -D container create --name web i", "create", "web", false},
		{"docker start -a -i web db", "start", "web db", false},
		{"docker stop -t 1 a b --signal web", "stop", "a b", true},
		{"docker stop -t1 a", "stop", "a", true},
		{"docker stop -- -a", "stop", "-a", true},
		{"docker restart --time 5 a", "restart", "a", true},
		{"docker kill a", "kill", "a", true},
		{"docker kill -s HUP a", "kill", "a", false},
		{"docker kill -sHUP a", "kill", "a", false},
		{"docker kill --signal=SIGHUP a", "kill", "a", false},
		{"docker kill -s 0 a", "kill", "a", false},
		{"docker kill a -s 15", "kill", "a", true},
		{"docker container kill --signal INT a", "kill", "a", true},
		{"docker rm a", "rm", "a", false},
		{"docker rm -fv a b", "rm", "a b", true},
		{"docker network create web", "", "", false},
		{"docker network rm web", "", "", false},
		{"docker volume rm web", "", "", false},
		{"docker image rm web", "", "", false},
		{"docker context create web", "", "", false},
		{"docker secret create web f", "", "", false},
		{"docker system prune --force", "", "", false},
		{"docker builder prune run", "", "", false},
		{"docker plugin rm web", "", "", false},
		{"docker container ls run", "", "", false},
		{"docker container container run i", "", "", false},
		{"docker exec web start", "", "", false},
		{"docker", "", "", false},
		{"docker compose -f x.yml up -d web", "compose up", "", false},
		{"docker compose stop web", "", "", false},
		{"docker-compose -p x up web", "compose up", "", false},
		{"docker-compose compose run web sh", "compose run", "", false},
		{"docker-current run --name web i", "run", "web", false},
		{"nerdctl -n k8s.io stop web", "stop", "web", true},
		{"podman --root /r --syslog container cleanup --rm c0ffee", "cleanup", "c0ffee", false},
		{"podman stop -t 0 web", "stop", "web", true},
		{"podman pod create --name web", "", "", false},
		{"podman pod start web", "pod start", "", false},
		{"podman play kube web.yml", "play kube", "", false},
		{"ctr -n x run --rm -t --label run=start image web sh stop", "run", "web", false},
		{"ctr c create image web", "create", "web", false},
		{"ctr tasks start web", "start", "web", false},
		{"ctr t kill -s SIGHUP web", "kill", "web", false},
		{"ctr t kill --all web", "kill", "web", true},
		{"ctr images rm web", "", "", false},
		{"crictl -r unix:///s stopp web", "stopp", "web", true},
		{"crictl runp pod.json", "runp", "pod.json", false},
		{"crictl rm -f web", "rm", "web", true},
		{"runc --root /r --systemd-cgroup create --bundle start web", "create", "web", false},
		{"runc --log kill run -d web", "run", "web", false},
		{"runc exec web kill", "", "", false},
		{"containerd-shim-runc-v2 -namespace start -id web delete", "delete", "", false},
		{"containerd-shim-runc-v2 -namespace moby -id start", "", "", false},
	} {
		words := strings.Fields(c.line)
		p := &events.Process{Exe: "/usr/bin/" + words[0], Args: events.ArgsOf(words...)}
		got := commandOf(p, programOf(p).role)
		if got.verb != c.verb {
			t.Errorf("%s: verb %q, want %q", c.line, got.verb, c.verb)
			continue
		}
		switch role := programOf(p).role; {
		case role == roleShim, c.verb == "":
			continue
		case role == roleRuntime:
			if got.words[0] != c.targets {
				t.Errorf("%s: words %q", c.line, got.words)
			}
			continue
		}
		if targets := strings.Join(got.targets(), " "); targets != c.targets || got.ends() != c.ends {
			t.Errorf("%s: targets %q, ends: %v; want %q, %v", c.line, targets, got.ends(), c.targets, c.ends)
		}
	}
}

// TestManyWords: of a long command line the beginning is looked at.
func TestManyWords(t *testing.T) {
	args := events.ArgsOf(append([]string{"docker", "stop"}, slices.Repeat([]string{"a"}, 10*maxWords)...)...)
	if c := dockerlike.read(args); c.verb != "stop" || len(c.words) == 0 || len(c.words) > maxWords {
		t.Errorf("%q with %d words", c.verb, len(c.words))
	}
}

// TestPrograms has every program that has a part in a start, and every row that the table
// of special ones has.
func TestPrograms(t *testing.T) {
	want := map[string]program{
		"docker": {roleClient, "docker"}, "docker-current": {roleClient, "docker"}, "docker-compose": {roleClient, "docker"},
		"ctr": {roleClient, "containerd"}, "nerdctl": {roleClient, "containerd"}, "crictl": {roleClient, ""},
		"podman": {roleEngine, "podman"}, "buildah": {roleEngine, "buildah"},
		"dockerd": {roleDaemon, "docker"}, "dockerd-current": {roleDaemon, "docker"}, "containerd": {roleDaemon, "containerd"},
		"docker-containerd": {roleDaemon, "docker"}, "docker-containerd-current": {roleDaemon, "docker"},
		"crio": {roleDaemon, "cri-o"}, "kubelet": {roleDaemon, ""},
		"containerd-shim": {roleShim, "containerd"}, "containerd-shim-runc-v1": {roleShim, "containerd"},
		"containerd-shim-runc-v2": {roleShim, "containerd"}, "containerd-shim-runsc-v1": {roleShim, "containerd"},
		"containerd-shim-kata-v2": {roleShim, "containerd"}, "docker-containerd-shim": {roleShim, "docker"},
		"docker-containerd-shim-current": {roleShim, "docker"}, "conmon": {roleShim, ""},
		"runc": {roleRuntime, "runc"}, "crun": {roleRuntime, "crun"}, "youki": {roleRuntime, "youki"},
		"docker-runc": {roleRuntime, "docker"}, "docker-runc-current": {roleRuntime, "docker"},
		"lxc-start": {roleMaker, "lxc"}, "systemd-nspawn": {roleMaker, "nspawn"}, "bwrap": {roleMaker, "bwrap"},
		"unshare": {roleMaker, "unshare"}, "sh": {}, "docker-init": {anyRole, ""},
	}
	for name, want := range want {
		if got := programOf(&events.Process{Exe: "/usr/bin/" + name}); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
	for _, table := range []map[string]role{special} {
		for name := range table {
			if _, ok := want[name]; !ok {
				t.Errorf("%s is in the table of special programs, and not here", name)
			}
		}
	}
	for name := range grammars {
		if want[name].role == anyRole {
			t.Errorf("%s has a grammar and no role", name)
		}
	}
	if got := programOf(&events.Process{Exe: "/", Comm: "runc:[2:INIT]"}); got != want["runc"] {
		t.Errorf("runc's stage is %+v", got)
	}
}
