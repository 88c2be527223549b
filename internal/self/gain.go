package self

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Numbers of capabilities (include/uapi/linux/capability.h).
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// Gain says how one or two capabilities can be had that are not effective, by their names,
// as CAP_BPF, and numbers: file capabilities give none that is not in the bounding set, none
// under no_new_privs and none on a mount with nosuid (capabilities(7), mount(2)).
func (s Status) Gain(names []string, numbers []int) string {
	var barred []string
	loading := true
	for i, n := range numbers {
		if s.Bounding&(1<<n) == 0 {
			barred = append(barred, names[i])
		}
		loading = loading && (n == capBPF || n == capPerfmon)
	}
	standsIn := loading && s.Bounding&(1<<capSysAdmin) != 0
	switch {
	case len(barred) > 0 && !standsIn:
		return s.outside(names, barred)
	case s.NoNewPrivs:
		return "start it without no_new_privs, under which no file capability helps, or with ambient capabilities"
	case len(barred) > 0:
		names = []string{"CAP_SYS_ADMIN"}
	}
	give := "give both: setcap " + strings.ToLower(strings.Join(names, ",")) + "=ep PATH-OF-THE-PROGRAM"
	switch {
	case len(barred) > 0:
		give = "give the program CAP_SYS_ADMIN, which stands for CAP_BPF and CAP_PERFMON (setcap sets all that it has at once)"
	case len(names) == 1:
		give = "give the program " + names[0] + " too (setcap sets all that it has at once)"
	}
	if s.NoSuid {
		give += ", once it is on a mount without nosuid: on its own no file gives capabilities"
	}
	if s.UID == 0 { // who is root already has been denied them in another way (SECBIT_NOROOT)
		return give
	}
	return "run as root, or " + give
}

// outside is how capabilities come into the bounding set: only from who starts it all.
func (s Status) outside(names, barred []string) string {
	var options []string
	for _, name := range names {
		options = append(options, "--cap-add "+strings.TrimPrefix(name, "CAP_"))
	}
	older := ""
	if slices.Contains(names, "CAP_BPF") {
		older = ", with Docker before 23.0, which does not know CAP_BPF, --cap-add SYS_ADMIN"
	}
	but := ""
	if s.UID > 0 {
		but = ", and as root in it or, of a unit, with AmbientCapabilities=: to another user the set alone gives nothing"
	}
	return fmt.Sprintf("start the container, unit or session with it (docker run %s%s; CapabilityBoundingSet=%s)%s: the bounding set has no %s, so that neither root nor a file capability helps in here",
		strings.Join(options, " "), older, strings.Join(names, " "), but, strings.Join(barred, " and no "))
}

// onNoSuid reports whether this process's program is on a mount with nosuid: of the mounts
// above it the innermost, and of several at one place the last, counts.
func onNoSuid(root fs.FS) (is bool) {
	exe, err := fs.ReadLink(root, "proc/self/exe")
	if err != nil {
		return false
	}
	innermost := 0
	for _, m := range Mounts(root) {
		under := strings.TrimSuffix(m.Point, "/") + "/"
		if strings.HasPrefix(exe, under) && len(under) >= innermost {
			innermost = len(under)
			is = strings.Contains(","+m.Flags+",", ",nosuid,")
		}
	}
	return is
}
