package words

import (
	"path"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// standardDirs are where a bare name is looked for, so that whoever reads one
// thinks of a file there.
var standardDirs = []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"}

// Implies reports whether the reader of a command line that begins with this word
// already knows which image runs. The word is the process's own choice: sshd may
// be run from /tmp, and only the image says so.
func Implies(word, exe string) bool {
	return word == exe || word == path.Base(exe) && slices.Contains(standardDirs, path.Dir(exe))
}

// Unsaid returns the image of a process where its command line does not imply it,
// and nothing where it does or where the image is not known. The kernel's name for a file
// on a mount that is detached, as runc makes one for its own image, is "/" (d_path,
// fs/d_path.c): no program.
func Unsaid(p *events.Process) string {
	for word := range p.Args.All {
		if Implies(string(word), p.Exe) {
			return ""
		}
		break
	}
	if p.Exe == "/" {
		return ""
	}
	return p.Exe
}
