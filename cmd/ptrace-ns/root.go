package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "ptrace-ns",
		Short: "Trace the life of processes across PID namespaces",
		Long: `ptrace-ns tells what every process on this machine does, as the kernel sees it:
birth, exec, death, signals, and the PID namespaces that they live in.`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableAutoGenTag:          true,
		SuggestionsMinimumDistance: 2,
		Args:                       knownCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError("%w; see %s --help", err, cmd.CommandPath())
	})
	a.logFlags(root.PersistentFlags())
	complete(root, "log-level", "trace", "debug", "info", "warn", "error", "disabled")
	complete(root, "log-format", "console", "json")
	root.AddCommand(newWatch(a), newTree(a), newNamespaces(a), newLineage(a), newVersion(a), newMan())
	return root
}

// knownCommand says what a first argument that is no command might have meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usageError("command %q is unknown; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return usageError("command %q is unknown; see ptrace-ns --help", args[0])
}

// noArgs refuses arguments with the code of wrong usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError("argument %q is unexpected; see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}

// complete offers these values to the shell. The flag is the caller's own, so
// that it cannot be missing.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}
