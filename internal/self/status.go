package self

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Status is what /proc/self/status says of one's rights (proc(5)).
type Status struct {
	// Effective and Bounding are sets of capabilities, bit n is capability n.
	Effective, Bounding uint64
	// Seccomp is 0 without a filter.
	Seccomp    int
	NoNewPrivs bool
	// UID is the effective one, in its user namespace; -1 is not known.
	UID int
	// NoSuid says that the program is on a mount where no file gives capabilities.
	NoSuid bool
	// Levels is how many PID namespaces it is in, from that of the /proc that is read
	// to its own: more than 1 says that this /proc is of an outer one. 0 is not known.
	Levels int
}

// ReadStatus reads it; an error says that there is no /proc, or none of this kernel's.
func ReadStatus(root fs.FS) (s Status, err error) {
	raw, err := fs.ReadFile(root, "proc/self/status")
	if err != nil {
		return s, err
	}
	s.UID, s.NoSuid = -1, onNoSuid(root)
	known := false
	for line := range strings.Lines(string(raw)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		var err error
		switch key {
		case "CapEff":
			s.Effective, err = strconv.ParseUint(value, 16, 64)
			known = err == nil
		case "CapBnd":
			s.Bounding, err = strconv.ParseUint(value, 16, 64)
		case "Uid": // real, effective, saved, of the file system
			if ids := strings.Fields(value); len(ids) > 1 {
				s.UID, err = strconv.Atoi(ids[1])
			}
		case "Seccomp":
			s.Seccomp, err = strconv.Atoi(value)
		case "NoNewPrivs":
			s.NoNewPrivs = value == "1"
		case "NSpid":
			s.Levels = len(strings.Fields(value))
		}
		if err != nil {
			return s, fmt.Errorf("/proc/self/status: %s: %w", key, err)
		}
	}
	if !known {
		return s, fmt.Errorf("/proc/self/status: no capabilities in it: %w", fs.ErrInvalid)
	}
	return s, nil
}

// Has reports whether a capability is effective.
func (s Status) Has(capability int) bool { return s.Effective&(1<<capability) != 0 }

// WholeProc reports whether /proc has what is not of processes, too, as which boot this is:
// mounted with subset=pid it has not (proc(5)).
func WholeProc(root fs.FS) bool {
	_, err := fs.Stat(root, "proc/sys/kernel/random/boot_id")
	return err == nil
}

// InitialUserNS reports whether this is the initial user namespace, and whether that can
// be known. A map of ids tells nothing: a child's may map each to itself.
func InitialUserNS(root fs.FS) (is, known bool) {
	link, err := fs.ReadLink(root, "proc/self/ns/user")
	// PROC_USER_INIT_INO, include/linux/proc_ns.h.
	return link == "user:[4026531837]", err == nil
}
