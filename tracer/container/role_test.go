package container

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestRoleOf has the processes of the genealogies that are met, with the arguments
// that they are called with.
func TestRoleOf(t *testing.T) {
	for _, c := range []struct {
		exe, comm, args string
		want            Role // Words and Program aside
		runtime         string
	}{
		// Docker 1.x and Red Hat's.
		{"/usr/bin/dockerd", "dockerd", "dockerd -H fd://", Role{Name: Daemon}, ""},
		{"/usr/bin/dockerd-current", "dockerd-current", "/usr/bin/dockerd-current --add-runtime x", Role{Name: Daemon, Genealogy: docker1}, ""},
		{"/usr/bin/docker-containerd", "docker-containe", "docker-containerd -l unix:///x", Role{Name: Daemon, Genealogy: docker1}, ""},
		{
			"/usr/bin/docker-containerd-shim", "docker-containe",
			"docker-containerd-shim " + id + " /var/run/docker/libcontainerd/" + id + " docker-runc",
			Role{Name: Shim, Genealogy: docker1, Call: Call{ID: id, Bundle: "/var/run/docker/libcontainerd/" + id}}, "docker",
		},
		{
			"/usr/libexec/docker/docker-containerd-shim-current", "docker-containe",
			"docker-containerd-shim-current " + id + " /b docker-runc-current",
			Role{Name: Shim, Genealogy: docker1, Call: Call{ID: id, Bundle: "/b"}}, "docker",
		},
		{"/usr/bin/docker-runc", "docker-runc", "docker-runc create --bundle /b " + id, Role{Name: Runtime, Genealogy: docker1, Call: Call{ID: id, Bundle: "/b", Creates: true}}, "docker"},
		{
			"/usr/libexec/docker/docker-proxy-current", "docker-proxy-cu",
			"/usr/libexec/docker/docker-proxy-current -proto tcp -host-ip 0.0.0.0 -host-port 20002 -container-ip 172.17.0.2 -container-port 3000",
			Role{Name: Proxy, Genealogy: docker1, Call: Call{Ports: "tcp 0.0.0.0:20002 to 172.17.0.2:3000", Address: "172.17.0.2"}}, "docker",
		},
		// containerd's shims.
		{
			"/usr/bin/containerd-shim", "containerd-shim",
			"containerd-shim -namespace moby -workdir /var/lib/containerd/io.containerd.runtime.v1.linux/moby/" + id + " -address /x -runtime-root /r",
			Role{Name: Shim, Genealogy: shimV1, Call: Call{ID: id, Namespace: "moby"}}, "docker",
		},
		{
			"/usr/bin/containerd-shim-runc-v2", "containerd-shim", "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id " + id + " -address /x",
			Role{Name: Shim, Genealogy: shimV2, Call: Call{ID: id, Namespace: "k8s.io"}}, "containerd",
		},
		{"/usr/bin/containerd-shim-kata-v2", "containerd-shim", "containerd-shim-kata-v2 -namespace k8s.io -id k", Role{Name: Shim, Genealogy: kata, Call: Call{ID: "k", Namespace: "k8s.io"}}, "containerd"},
		{"/usr/local/bin/runsc", "runsc", "runsc --root=/r --debug create --bundle /b g", Role{Name: Runtime, Genealogy: gvisor, Call: Call{ID: "g", Bundle: "/b", Root: "/r", Creates: true}}, "runsc"},
		// Runtimes.
		{
			"/usr/sbin/runc", "runc",
			"runc --root /var/run/docker/runtime-runc/moby --log /l --log-format json create --bundle /b --pid-file /p " + id,
			Role{Name: Runtime, Call: Call{ID: id, Namespace: "moby", Bundle: "/b", Root: "/var/run/docker/runtime-runc/moby", Creates: true}}, "docker",
		},
		{"/usr/sbin/runc", "runc", "runc --root /run/containerd/runc/default --log /l start web", Role{Name: Runtime, Call: Call{ID: "web", Namespace: "default", Root: "/run/containerd/runc/default"}}, "containerd"},
		{"/usr/sbin/runc", "runc", "runc run -d -b bundle box", Role{Name: Runtime, Call: Call{ID: "box", Bundle: "bundle", Creates: true}}, "runc"},
		{"/usr/sbin/runc", "runc", "runc --systemd-cgroup run box", Role{Name: Runtime, Call: Call{ID: "box", Creates: true}}, "runc"},
		{"/usr/sbin/runc", "runc", "runc kill --all box 9", Role{Name: Runtime, Call: Call{ID: "box"}}, "runc"},
		{"/usr/sbin/runc", "runc", "runc run ../../etc", Role{Name: Runtime}, ""},
		{"/usr/sbin/runc", "runc", "runc list", Role{Name: Runtime}, ""},
		{"/", "runc:[2:INIT]", "runc init", Role{Name: Runtime}, ""},
		{"/memfd:runc_cloned:/proc/self/exe (deleted)", "exe", "runc init", Role{Name: Runtime}, ""},
		{"/usr/bin/crun", "crun", "/usr/bin/crun --systemd-cgroup --root=/r create --bundle /b --pid-file /p c", Role{Name: Runtime, Call: Call{ID: "c", Bundle: "/b", Root: "/r", Creates: true}}, "crun"},
		{
			"/usr/bin/conmon", "conmon", "/usr/bin/conmon --api-version 1 -c " + id + " -u " + id + " -r /usr/bin/crun -b /s/overlay-containers/" + id + "/userdata -p /p -n web --exit-dir /e",
			Role{Name: Monitor, Genealogy: conmon, Call: Call{ID: id, Bundle: "/s/overlay-containers/" + id + "/userdata", Name: "web", Creates: true}}, "podman",
		},
		// The rest.
		{
			"/usr/bin/podman", "podman", "podman --log-level warning --storage-opt= --syslog container cleanup --stopped-only --rm " + id,
			Role{Name: Client, Genealogy: conmon, Call: Call{ID: id}}, "",
		},
		{"/usr/bin/podman", "podman", "podman --runtime crun run --name cleanup container cleanup", Role{Name: Client, Genealogy: conmon}, ""},
		{"/usr/bin/crio", "crio", "/usr/bin/crio", Role{Name: Daemon, Genealogy: conmon}, ""},
		{"/usr/bin/docker-init", "docker-init", "/sbin/docker-init -- sh", Role{Name: Init}, ""},
		{"/pause", "pause", "/pause", Role{Name: Sandbox}, ""},
		{"/usr/bin/kubelet", "kubelet", "kubelet", Role{Name: Agent}, ""},
		{"/usr/local/bin/k3s", "k3s-server", "/usr/local/bin/k3s server", Role{Name: Agent}, ""},
		{"/var/lib/rancher/k3s/data/0/bin/k3s", "containerd", "containerd -c /x", Role{Name: Daemon}, ""},
		{"/var/lib/rancher/k3s/data/0/bin/k3s", "crictl", "crictl ps", Role{Name: Client}, ""},
		{"/tmp/k3s", "k3s", "k3s 1000", Role{}, ""},
		{"/usr/bin/rootlesskit", "rootlesskit", "rootlesskit --net=slirp4netns dockerd-rootless.sh", Role{Name: Tool}, ""},
		{"/usr/bin/dockerd-rootless", "dockerd-rootles", "dockerd-rootless --experimental", Role{Name: Daemon}, ""},
		{"/usr/bin/docker-current", "docker-current", "docker-current run web", Role{Name: Client, Genealogy: docker1}, ""},
		{"/usr/libexec/docker/cli-plugins/docker-compose", "docker-compose", "docker-compose compose up", Role{Name: Client}, ""},
		{"/usr/bin/docker", "docker", "docker run -d web", Role{Name: Client}, ""},
		{"/usr/bin/unshare", "unshare", "unshare -p", Role{Name: Tool}, ""},
		{"/usr/bin/lxc-start", "lxc-start", "lxc-start -n web", Role{Name: Runtime}, ""},
		// What is none: a chore of dockerd, a program with a runtime's name as comm only,
		// one that is merely named after one.
		{"/usr/sbin/dockerd", "exe", "libnetwork-setkey -exec-root=/x " + id, Role{}, ""},
		{"/usr/bin/sleep", "runc", "sleep 1", Role{}, ""},
		{"/usr/bin/bash", "bash", "bash /usr/bin/runc", Role{}, ""},
		{"/usr/bin/pauser", "pauser", "pauser", Role{}, ""},
		// Without an executable, as of a zombie: the kernel's name alone is no proof, and
		// that of a shim says not even which.
		{"", "containerd", "", Role{}, ""},
		{"", "docker-containe", "", Role{}, ""},
		{"", "containerd-shim", "", Role{}, ""},
		{"", "runc", "", Role{}, ""},
		{"", "runc:[2:INIT]", "", Role{Name: Runtime}, ""},
	} {
		p := &events.Process{Exe: c.exe, Comm: c.comm}
		if c.args != "" {
			p.Args = events.ArgsOf(strings.Split(c.args, " ")...)
		}
		got := RoleOf(p)
		if got.Name != "" && got.Words == "" {
			t.Errorf("%s: no words for %s", c.args, got.Name)
		}
		if got.Call.ID != "" && got.Call.Runtime(got.Program) != c.runtime {
			t.Errorf("%s: runtime %q, want %q", c.args, got.Call.Runtime(got.Program), c.runtime)
		}
		got.Words, got.Program, got.Family = "", "", ""
		if got != c.want {
			t.Errorf("%s %s:\n got %+v\nwant %+v", c.exe, c.args, got, c.want)
		}
	}
}

// TestEveryProgramHasARole: the table is whole.
func TestEveryProgramHasARole(t *testing.T) {
	for name, k := range programs {
		if k.role == "" || k.words == "" {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

func TestPortsInWords(t *testing.T) {
	r := RoleOf(&events.Process{Exe: "/usr/bin/docker-proxy", Args: events.ArgsOf("docker-proxy", "-proto", "udp", "-host-ip", "::", "-host-port", "53", "-container-ip", "fd00::2", "-container-port", "5353")})
	if want := "Docker's proxy of a published port, udp [::]:53 to [fd00::2]:5353"; r.Words != want {
		t.Errorf("%q, want %q", r.Words, want)
	}
}
