package main

import (
	"slices"

	"github.com/spf13/pflag"
)

// ofTop are the flags of watch that top has, too.
var ofTop = []string{"tui", "filter", "color", "buffer", "runtime-api", "log-level", "log-format"}

// top is watch --tui: the same as the command top.
func (o *watchOptions) top(flags *pflag.FlagSet) (*topOptions, error) {
	if len(o.command) > 0 {
		return nil, usageError("--tui does not go with -- CMD, whose output would be drawn over; start it elsewhere")
	}
	var err error
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && !slices.Contains(ofTop, f.Name) {
			err = usageError("--%s does not go with --tui, which shows processes and not events", f.Name)
		}
	})
	t := &topOptions{filter: o.filter, color: o.color, group: "tree", buffer: o.buffer}
	return t, err
}
