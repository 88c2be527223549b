package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/confine"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

// userFlag adds the flag that says whom to become, to a command that attaches.
func (a *app) userFlag(cmd *cobra.Command) {
	cmd.Flags().Func("user", "once tracing is attached, go on as the user `NAME`, by name or number; a command after -- keeps the caller's rights", func(name string) (err error) {
		a.become, err = confine.FindUser(name)
		return err
	})
}

// confined gives up what is not needed once tracing is attached. It is called once.
func (a *app) confined(p confine.Plan) error {
	if a.confine == nil {
		return nil
	}
	p.User, p.Engines = a.become, a.runtimeAPI != "" && a.runtimeAPI != "off"
	kept, err := a.confine(p)
	if err != nil {
		return err
	}
	if kept.Filter != nil {
		a.log.Warn().Msgf("%v: the system calls that tracing does not need are not refused", kept.Filter)
	}
	a.log.Debug().Strs("capabilities", kept.Capabilities).Msg("rights given up but for these")
	return nil
}

// statByCaller tells of a file that the caller names, with his rights.
func statByCaller(path string) (info os.FileInfo, err error) {
	err = confine.ByCaller(func() (err error) {
		info, err = os.Stat(path)
		return err
	})
	return info, err
}

// plan is what this run still has to do.
func (w *watch) plan() confine.Plan {
	rotates := w.limits.RotateSize > 0 || w.limits.RotateEvery > 0
	return confine.Plan{Command: w.child != nil, Files: w.file != "" && (w.replace || rotates)}
}

// owner is whose files of this run are: of --user, else of the user who called sudo.
// What is in them he could have had on his terminal.
func (a *app) owner() *recording.Owner {
	if a.become != nil {
		return &recording.Owner{UID: a.become.UID, GID: a.become.GID}
	}
	if os.Geteuid() != 0 {
		return nil
	}
	return sudoer(a.getenv)
}

// sudoer returns the user that sudo(8) tells of, nil for none.
func sudoer(getenv func(string) string) *recording.Owner {
	uid, err := strconv.ParseInt(getenv("SUDO_UID"), 10, 32)
	gid, failed := strconv.ParseInt(getenv("SUDO_GID"), 10, 32)
	if err != nil || failed != nil || uid <= 0 || gid < 0 || strings.HasPrefix(getenv("SUDO_UID"), "+") {
		return nil
	}
	return &recording.Owner{UID: int(uid), GID: int(gid)}
}
