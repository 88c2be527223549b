package container

import (
	"net"
	"path/filepath"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Call is what the arguments of a program around containers say.
type Call struct {
	ID        string // the container's
	Namespace string // containerd's
	Bundle    string // the OCI bundle's directory, maybe relative
	Root      string // the runtime's own state directory
	Name      string // the container's, which conmon is told
	Creates   bool   // the call makes the container
	Ports     string // of a proxy: "tcp 0.0.0.0:8080 to 172.17.0.2:80"
	Address   string // of a proxy: the container's
}

// legacyShim reads ID BUNDLE RUNTIME (containerd 0.2, containerd-shim/main.go).
func legacyShim(a events.Args) (c Call) {
	if words := arguments(a); len(words) > 2 && validID(words[1]) {
		c.ID, c.Bundle = words[1], words[2]
	}
	return c
}

// shimCall reads -namespace NS -id ID [-bundle DIR] of the shims of version 2
// (containerd, pkg/shim/shim.go), and -namespace NS -workdir …/ID of version 1.
func shimCall(a events.Args) (c Call) {
	f := flags(arguments(a), nil)
	c.Namespace, c.ID, c.Bundle = f.value["namespace"], f.value["id"], f.value["bundle"]
	if dir := f.value["workdir"]; c.ID == "" && dir != "" {
		c.ID = dir[strings.LastIndexByte(dir, '/')+1:]
	}
	return c.checked()
}

// conmonCall reads -c ID -b BUNDLE (conmon(8)), where -n NAME is the name.
func conmonCall(a events.Args) (c Call) {
	f := flags(arguments(a), nil)
	c.ID, c.Bundle = first(f.value["c"], f.value["cid"]), first(f.value["b"], f.value["bundle"])
	c.Name, c.Creates = first(f.value["n"], f.value["name"]), f.value["e"] == "" && f.value["exec-process-spec"] == ""
	return c.checked()
}

// podmanCall reads container cleanup [--rm] [--stopped-only] ID, by which conmon has
// podman clean up (podman, pkg/specgenutil/util.go, CreateExitCommandArgs).
func podmanCall(a events.Args) (c Call) {
	f := flags(arguments(a), podmanFlags)
	if len(f.words) == 3 && f.words[0] == "container" && f.words[1] == "cleanup" {
		c.ID = f.words[2]
	}
	return c.checked()
}

// podmanFlags are those of it that take no value.
var podmanFlags = map[string]bool{"syslog": true, "rm": true, "rmi": true, "stopped-only": true}

// rootNamespace is the containerd namespace in the state directory that a shim has its
// runtime use: /run/containerd/runc/NS, and of Docker /var/run/docker/runtime-runc/NS.
func rootNamespace(root string) string {
	dir, ns := filepath.Split(strings.TrimRight(root, "/"))
	if strings.HasSuffix(dir, "/containerd/runc/") || strings.Contains(dir, "/docker/runtime-") {
		return ns
	}
	return ""
}

// proxyCall reads -proto P -host-ip A -host-port N -container-ip A -container-port N
// (moby, cmd/docker-proxy).
func proxyCall(a events.Args) (c Call) {
	f := flags(arguments(a), nil)
	host, inside := f.value["host-port"], f.value["container-port"]
	if host != "" && inside != "" {
		c.Ports = first(f.value["proto"], "tcp") + " " + net.JoinHostPort(first(f.value["host-ip"], "*"), host) +
			" to " + net.JoinHostPort(first(f.value["container-ip"], "?"), inside)
		c.Address = f.value["container-ip"]
	}
	return c
}

// Runtime names the container's runtime as far as the call of that program tells.
func (c Call) Runtime(program string) string {
	switch {
	case c.Namespace == "moby" || strings.HasPrefix(program, "docker-"):
		return "docker"
	case c.Namespace != "":
		return "containerd"
	case strings.Contains(c.Root, "/docker/runtime-"): // moby, libcontainerd
		return "docker"
	case strings.Contains(c.Root, "/containerd/runc/"): // containerd's shim
		return "containerd"
	case programs[program].role == Runtime:
		return managerOf(c.Bundle, program)
	}
	return managerOf(c.Bundle, "")
}

// checked drops what cannot be an id.
func (c Call) checked() Call {
	if !validID(c.ID) {
		return Call{}
	}
	return c
}

// flagSet is a command line taken apart, without the program's name.
type flagSet struct {
	value map[string]string
	words []string // those that are no flags
	read  int      // how many words that took
}

// flags takes -name value, --name value and --name=value; of those named in bare the
// next word is not the value.
func flags(args []string, bare map[string]bool) flagSet {
	f := flagSet{value: map[string]string{}}
	for i := 1; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "-")
		name = strings.TrimPrefix(name, "-")
		if !isFlag {
			f.words = append(f.words, args[i])
			continue
		}
		if name, value, ok := strings.Cut(name, "="); ok {
			f.value[name] = value
		} else if !bare[name] && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
			f.value[name] = args[i]
		}
	}
	return f
}

// keptWords bounds how much of a command line is looked at.
const keptWords = 64

func arguments(a events.Args) (words []string) {
	if !a.Known() {
		return nil
	}
	for w := range a.All {
		if len(words) == keptWords {
			break
		}
		words = append(words, string(w))
	}
	return words
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// validID reports whether it can be the name of one directory: runc takes
// [\w+.-]+ (libcontainer/factory_linux.go, validateID), containerd a subset of it.
func validID(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("_+.-", rune(c)) {
			return false
		}
	}
	return true
}
