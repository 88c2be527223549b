package main

import (
	"slices"

	"github.com/spf13/pflag"
)

// chooses are the flags that top has as watch has them, for what is traced.
var chooses = []string{
	"pid", "follow", "pidns", "new-pidns", "host", "container", "pod", "namespace", "image", "runtime", "new-containers",
	"scope", "write", "force", "redact", "buffer", "runtime-api", "user",
}

// ofTop are the flags of watch that top has, too.
var ofTop = append([]string{"tui", "filter", "color", "log-level", "log-format"}, chooses...)

// top is watch --tui: the same as the command top.
func (o *watchOptions) top(flags *pflag.FlagSet) (*topOptions, error) {
	var err error
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && !slices.Contains(ofTop, f.Name) {
			err = usageError("--%s does not go with --tui, which shows processes and not events", f.Name)
		}
	})
	return &topOptions{watchOptions: *o, group: "tree"}, err
}

// notRecorded refuses, of a recording, what chooses what is traced.
func (o *topOptions) notRecorded(flags *pflag.FlagSet) error {
	if len(o.command) > 0 {
		return usageError("-- CMD does not go with -r: what is recorded has happened")
	}
	var err error
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && slices.Contains(chooses, f.Name) {
			err = usageError("--%s does not go with -r; a recording is narrowed by -F, or by replay -w before", f.Name)
		}
	})
	return err
}
