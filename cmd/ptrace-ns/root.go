package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
		return usageError("%w; see %s --help", plainly(err), cmd.CommandPath())
	})
	a.logFlags(root.PersistentFlags())
	complete(root, "log-level", "trace", "debug", "info", "warn", "error", "disabled")
	complete(root, "log-format", "console", "json")
	root.AddCommand(newWatch(a), newRecord(a), newReplay(a), newTop(a), newTree(a), newNamespaces(a), newLineage(a), newTimeline(a), newDiff(a), newExplain(a), newReport(a), newExport(a), newDoctor(a), newVersion(a), newMan())
	strict(root)
	return root
}

// strict has the commands that cobra brings along refuse what they do not know:
// they would print their help and succeed.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err != nil || len(rest) > 0 {
					return knownCommand(found, rest)
				}
				return nil
			}
		case "completion":
			cmd.Args, cmd.RunE = knownCommand, root.RunE
			for _, shell := range cmd.Commands() {
				shell.Args = noArgs
			}
		}
	}
}

// knownCommand says what a first argument that is no command might have meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usageError("command %q is unknown; did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return usageError("command %q is unknown; see %s --help", args[0], cmd.CommandPath())
}

// noArgs refuses arguments with the code of wrong usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError("argument %q is unexpected; see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}

// wanted is what the values of a flag's type must be, in words. Types that are
// not here have errors in words of their own.
var wanted = map[string]string{
	"int32Slice": "a number such as 1234",
	"uintSlice":  "a number from 0 on",
	"uint64":     "a number from 0 on",
	"duration":   "a span of time such as 90s or 5m",
	"bool":       "true or false",
}

// plainly says what was wrong with a flag's value without the words of the parser.
func plainly(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	if words, ok := wanted[flag.Value.Type()]; ok {
		return fmt.Errorf("--%s %q is not %s", flag.Name, invalid.GetValue(), words)
	}
	return err
}

// refuseEmpty refuses what was given and says nothing, as from a variable that is
// not set: -c ” would show every container. It refuses what was given twice, too, and
// there can be one of.
func refuseEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if once, ok := f.Value.(*onceFlag); ok && once.before != "" && err == nil {
			err = usageError("--%s is given twice, %q and %q: there can be one", f.Name, once.before, f.Value)
		}
		list, isList := f.Value.(pflag.SliceValue)
		if err == nil && (isList && len(list.GetSlice()) == 0 || !isList && f.Value.String() == "" && f.Value.Type() == "string") {
			err = usageError("--%s is given and empty", f.Name)
		}
	})
	return err
}

// onceFlag is text that is given at most once: of two files the second would be shown, and
// nothing said of the first. Other flags may be given again: the last counts, so that an
// alias can be overruled. It refuses nothing itself, because completion reads flags twice.
type onceFlag struct {
	text   *string
	before string
}

func (o *onceFlag) String() string {
	if o.text == nil {
		return ""
	}
	return *o.text
}

func (o *onceFlag) Type() string { return "string" }

func (o *onceFlag) Set(text string) error {
	o.before, *o.text = *o.text, text
	return nil
}

// complete offers these values to the shell. The flag is the caller's own, so
// that it cannot be missing.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}
