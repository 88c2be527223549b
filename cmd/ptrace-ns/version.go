package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildInfo is `version -o json`.
type buildInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitzero"`
	Dirty   bool   `json:"dirty,omitzero"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func readBuild() buildInfo {
	b := buildInfo{Version: version, Commit: commit, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Dirty = s.Value == "true"
			}
		}
		if b.Version == "" {
			b.Version = info.Main.Version
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}

func (b buildInfo) String() string {
	text := "ptrace-ns " + b.Version
	if b.Commit != "" {
		text += " (commit " + b.Commit
		if b.Dirty {
			text += ", modified"
		}
		text += ")"
	}
	return fmt.Sprintf("%s, %s %s/%s", text, b.Go, b.OS, b.Arch)
}

func newVersion(a *app) *cobra.Command {
	output := "text"
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			switch output {
			case "text":
				_, err := fmt.Fprintln(a.out, readBuild())
				return err
			case "json":
				return json.NewEncoder(a.out).Encode(readBuild())
			}
			return usageError("output %q is unknown; there are text and json", output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", output, "print `FORMAT`: text or json")
	complete(cmd, "output", "text", "json")
	return cmd
}
