package container

import (
	"maps"
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Which word of a runtime's command line is the container depends on which flags before
// it take a value, and that on the runtime and its command. So each has its own list; a
// flag that is in none may have a value or not, and then no word is taken for an id.

// grammar is the flags of a runtime by command, those before the command under "". A
// flag that ends in = takes a value, which may be the next word.
type grammar map[string]string

// The flags of runc 1.4 (runc(8)), and those that it had before.
var runcGrammar = grammar{
	"":        "root= log= log-format= criu= rootless= debug systemd-cgroup help h version v",
	"create":  "bundle= b= console-socket= console= pid-file= pidfd-socket= preserve-fds= no-pivot no-new-keyring",
	"run":     "bundle= b= console-socket= console= pid-file= pidfd-socket= preserve-fds= no-pivot no-new-keyring detach d keep no-subreaper",
	"restore": "bundle= b= console-socket= console= pid-file= image-path= work-path= manage-cgroups-mode= empty-ns= lsm-profile= lsm-mount-context= tcp-established ext-unix-sk shell-job file-locks detach d no-subreaper no-pivot auto-dedup lazy-pages",
	"start":   "",
	"exec":    "console-socket= console= pidfd-socket= cwd= env= e= user= u= additional-gids= g= process= p= pid-file= process-label= apparmor= cap= c= preserve-fds= cgroup= tty t detach d no-new-privs ignore-paused no-subreaper",
	"kill":    "all a", "delete": "force f", "state": "", "pause": "", "resume": "",
	"update":     "resources= r= blkio-weight= cpu-period= cpu-quota= cpu-burst= cpu-share= cpu-idle= cpu-rt-period= cpu-rt-runtime= cpuset-cpus= cpuset-mems= kernel-memory= kernel-memory-tcp= memory= memory-reservation= memory-swap= pids-limit= l3-cache-schema= mem-bw-schema=",
	"checkpoint": "image-path= work-path= parent-path= status-fd= page-server= manage-cgroups-mode= empty-ns= leave-running tcp-established ext-unix-sk shell-job lazy-pages file-locks pre-dump auto-dedup",
	"events":     "interval= stats", "ps": "format= f=",
}

// The flags of crun 1.2x (crun(1) and the options of its commands). With regex the word is
// no container but a pattern: it is in no list.
var crunGrammar = grammar{
	"":        "root= log= log-format= log-level= rootless= cgroup-manager= debug systemd-cgroup no-pivot help ? usage version v V",
	"create":  "bundle= b= config= f= console-socket= pid-file= preserve-fds= no-pivot no-new-keyring no-subreaper",
	"run":     "bundle= b= config= f= console-socket= pid-file= preserve-fds= no-pivot no-new-keyring no-subreaper detach d keep",
	"restore": "bundle= b= console-socket= pid-file= image-path= work-path= manage-cgroups-mode= lsm-profile= lsm-mount-context= tcp-established ext-unix-sk shell-job file-locks detach d",
	"start":   "",
	"exec":    "console-socket= process= p= cwd= user= u= env= e= cap= c= pid-file= preserve-fds= process-label= apparmor= cgroup= tty t detach d no-new-privs",
	"kill":    "all a force f", "delete": "force f", "state": "", "pause": "", "resume": "",
	"update":     "resources= r= blkio-weight= cpu-period= cpu-quota= cpu-share= cpu-rt-period= cpu-rt-runtime= cpuset-cpus= cpuset-mems= kernel-memory= kernel-memory-tcp= memory= memory-reservation= memory-swap= pids-limit= l3-cache-schema= mem-bw-schema=",
	"checkpoint": "image-path= work-path= parent-path= manage-cgroups-mode= network-lock= leave-running tcp-established ext-unix-sk shell-job file-locks pre-dump",
	"ps":         "format= f=",
}

// The flags of youki (crates/liboci-cli).
var youkiGrammar = grammar{
	"":        "root= r= log= l= log-format= log-level= debug systemd-cgroup s help h version V",
	"create":  "bundle= b= console-socket= c= pid-file= p= preserve-fds= no-pivot no-new-keyring",
	"run":     "bundle= b= console-socket= c= pid-file= p= preserve-fds= no-pivot no-new-keyring detach d keep no-subreaper",
	"restore": runcGrammar["restore"], "start": "",
	"exec": "console-socket= cwd= pid-file= env= e= user= u= additional-gids= g= process= p= process-label= apparmor= cap= preserve-fds= cgroup= tty t no-new-privs detach d ignore-paused",
	"kill": "all a", "delete": "force f", "state": "", "pause": "", "resume": "", "update": runcGrammar["update"],
	// Its empty-ns takes no value, unlike runc's.
	"checkpoint": strings.Replace(runcGrammar["checkpoint"], "empty-ns=", "empty-ns", 1),
	"events":     "interval= stats", "ps": "format= f=",
}

// The flags of gVisor's runsc (runsc/cmd).
var runscGrammar = grammar{
	"":        "root= log= log-format= debug-log= debug-log-format= platform= network= file-access= overlay2= rootless debug systemd-cgroup strace help",
	"create":  "bundle= console-socket= pid-file= user-log=",
	"run":     "bundle= console-socket= pid-file= user-log= pass-fd= exec-fd= detach",
	"restore": "bundle= console-socket= pid-file= user-log= image-path= pass-fd= exec-fd= detach direct background",
	"start":   "",
	"exec":    "console-socket= cwd= env= user= additional-gids= cap= process= pid-file= internal-pid-file= pass-fd= exec-fd= detach clear-status no-new-privs tty",
	"kill":    "pid= all", "delete": "force", "state": "", "pause": "", "resume": "",
	"checkpoint": "image-path= compression= leave-running direct exclude-committed-zero-pages",
	"events":     "interval= stats stream", "ps": "format=",
}

// call reads [--root DIR] create|run|restore [--bundle DIR] ID, and the id of the
// other commands.
func (g grammar) call(a events.Args) Call {
	words := arguments(a)
	if len(words) < 3 {
		return Call{}
	}
	before, command, rest := g.command(words[1:])
	if !g.has(command) {
		return Call{}
	}
	// What follows the container of these is another program's.
	f, ok := read(g[command], rest, command == "exec" || command == "ps")
	if !ok || len(f.words) == 0 {
		return Call{}
	}
	c := Call{ID: f.words[0], Root: first(before.value["root"], before.value["r"]), Creates: slices.Contains([]string{"create", "run", "restore"}, command)}
	if c.Creates {
		c.Bundle = first(f.value["bundle"], f.value["b"])
	}
	c.Namespace = rootNamespace(c.Root)
	return c.checked()
}

// command finds the command, and returns the flags before it and the words after it.
func (g grammar) command(words []string) (before flagSet, command string, rest []string) {
	before.value = map[string]string{}
	for len(words) > 0 {
		f, ok := read(g[""], words, true)
		maps.Copy(before.value, f.value)
		words = words[f.read:]
		if ok && len(words) > 0 {
			return before, words[0], words[1:]
		}
		if !ok { // a flag of another version: what follows it may be its value
			words = words[1:]
			if len(words) > 0 && words[0] != "" && words[0][0] != '-' && !g.has(words[0]) {
				words = words[1:]
			}
		}
	}
	return before, "", nil
}

func (g grammar) has(command string) bool {
	_, known := g[command]
	return known && command != ""
}

// read takes words apart by the flags that there are: --name value, --name=value, both with
// one dash, too, and letters together. It ends at the first word that is no flag when only
// the leading ones are wanted, and at a flag that is not allowed: ok is false then.
func read(allowed string, words []string, leading bool) (f flagSet, ok bool) {
	f.value = map[string]string{}
	names := strings.Fields(allowed + " help h")
	for i := 0; i < len(words); i++ {
		f.read = i
		word := words[i]
		switch {
		case word == "--":
			f.words = append(f.words, words[i+1:]...)
			f.read = i + 1
			return f, true
		case len(word) < 2 || word[0] != '-':
			f.words = append(f.words, word)
			if leading {
				return f, true
			}
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		switch {
		case slices.Contains(names, name+"="):
			if !given && i+1 < len(words) {
				i++
				value = words[i]
			}
			f.value[name] = value
		case slices.Contains(names, name):
		case word[1] != '-' && letters(names, name):
			if last := name[len(name)-1:]; slices.Contains(names, last+"=") && i+1 < len(words) {
				i++
				f.value[last] = words[i]
			}
		default:
			return f, false
		}
	}
	f.read = len(words)
	return f, true
}

// letters reports whether these are flags of one letter each, of which the last alone may
// take a value.
func letters(names []string, together string) bool {
	for i := range together {
		letter := together[i : i+1]
		if !slices.Contains(names, letter) && (i+1 < len(together) || !slices.Contains(names, letter+"=")) {
			return false
		}
	}
	return together != ""
}
