package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

const doctorLong = `Doctor looks at everything that tracing needs on this machine and says of each whether
it is found or missing, and how to mend it: the kernel and its type information, each
BPF program, loaded and attached by itself and taken away again, rights, memory, PID
namespace and container, cgroups, the runtimes and how containers will be named, and
what --syscalls would cost here. It takes about two seconds and changes nothing.

The exit code is 0 where all is usable, 6 where it traces and a part of what could be
told is missing, and 3 where tracing is not possible.`

func newDoctor(a *app) *cobra.Command {
	output, buffer := "text", size(8<<20)
	cmd := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Say whether this machine can be traced, and what is missing",
		Long:  doctorLong,
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd.Flags()); err != nil {
				return err
			}
			if output != "text" && output != "json" {
				return usageError("output %q is unknown; there are text and json", output)
			}
			if least := size(smallestBuffer(liveOptions{})); !buffer.powerOfTwo() || buffer < least {
				return usageError("buffer of %s is not a power of two from %s on", buffer, least)
			}
			c, err := examine(int(buffer))
			if err != nil {
				return err
			}
			if output == "json" {
				_, err = a.out.Write(ndjson.AppendCheckup(nil, c))
			} else {
				err = writeCheckup(a.out, c)
			}
			if err = ended(err); err != nil {
				return err
			}
			return verdictCode(c.Verdict)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", output, "print `FORMAT`: text or json")
	cmd.Flags().Var(&buffer, "buffer", "look for room for a ring buffer of `SIZE`, a power of two")
	complete(cmd, "output", "text", "json")
	return cmd
}

// verdictCode gives a verdict its exit code. What is missing has been told.
func verdictCode(v report.Verdict) error {
	switch v {
	case report.Degraded:
		return &exitError{Code: exitDegraded}
	case report.Unusable:
		return &exitError{Code: exitImpossible}
	}
	return nil
}

// verdictWords is what a verdict says.
var verdictWords = map[report.Verdict]string{
	report.Usable:   "usable: all can be traced and told",
	report.Degraded: "degraded: it can be traced, but something of what could be told is missing",
	report.Unusable: "not usable: tracing is not possible here",
}

// writeCheckup prints a line for each check, and below it how to mend what is missing.
func writeCheckup(w io.Writer, c *report.Checkup) error {
	names, width := make([]string, len(c.Checks)), 0
	for i, check := range c.Checks {
		names[i] = safe.String(strings.TrimSpace(check.Name + " " + check.Of))
		width = max(width, len(names[i]))
	}
	var b strings.Builder
	for i, check := range c.Checks {
		fmt.Fprintf(&b, "%-7s  %-*s  %s\n", check.Status, width, names[i], safe.String(check.Says))
		if check.Mend != "" {
			fmt.Fprintf(&b, "%-7s  %-*s  to mend it: %s\n", "", width, "", safe.String(check.Mend))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", verdictWords[c.Verdict])
	_, err := io.WriteString(w, b.String())
	return err
}
