package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
)

// reportOptions is what the flags of report say.
type reportOptions struct {
	path, output string
	replace      bool
}

const reportLong = `Report makes one HTML file of a recording, to look at in a browser and to send: what ran
and what was lost, the starts drawn to scale, the tree of the processes, the PID
namespaces, all events, and each process's life as a story. It needs no network and no
server, and nothing of the recording can act in it.

FILE is what record or watch -w wrote, or a stream of watch -o json; - is standard
input. Nobody else can read the file that is made: the command lines of a machine are in
it. Times are UTC.`

const reportExample = `  ptrace-ns record -o start.zst -- docker run --rm busybox true
  ptrace-ns report start.zst -o start.html
  ptrace-ns report start.zst -o - | ssh desk 'cat >start.html'`

func newReport(a *app) *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:     "report FILE -o report.html",
		Short:   "Make an HTML page of a recording, to look at and to send",
		Long:    reportLong,
		Example: reportExample,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("recording missing: a file, or - for standard input; see %s --help", cmd.CommandPath())
			}
			o.path = args[0]
			return noArgs(cmd, args[1:])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd.Flags()); err != nil {
				return err
			}
			switch {
			case o.output == "":
				return usageError("-o FILE is missing: where to write the page, - for standard output")
			case o.output == "-" && o.replace:
				return usageError("--force does not go with -o -")
			}
			return o.run(cmd.Context(), a)
		},
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write the page to the new `FILE`, - for standard output")
	cmd.Flags().BoolVar(&o.replace, "force", false, "replace the file, once the new one is whole")
	return cmd
}

// run reads all of the recording before it makes the file.
func (o *reportOptions) run(ctx context.Context, a *app) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	told, err := a.readReport(ctx, o.path)
	if err != nil {
		return err
	}
	if o.output == "-" {
		out := bufio.NewWriterSize(a.out, reportBuffer)
		return first(first(ended(told.write(out)), ended(out.Flush())), told.damage)
	}
	size, err := o.create(told)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = fmt.Fprintf(a.err, "%s: %s, %s, %s\n", filepath.Base(o.output),
		words.Count(int(told.page.Events()), "event", "events"), words.Count(told.page.Processes(), "process", "processes"), bytesText(size))
	return first(ended(err), told.damage)
}

// reportBuffer is what is written at once.
const reportBuffer = 1 << 20

// create makes the file; one that fails leaves nothing behind.
func (o *reportOptions) create(told *reportTold) (int64, error) {
	f, err := recording.CreateFile(o.output, recording.FileOptions{Replace: o.replace})
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("%w; --force replaces it", err)
	}
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(f, reportBuffer)
	if err := first(told.write(out), out.Flush()); err != nil {
		return 0, errors.Join(err, f.Discard())
	}
	return f.Size(), f.Close()
}

// write writes the page.
func (t *reportTold) write(w io.Writer) error { return t.page.Write(w, t.Told) }

// bytesText is a size as people say it.
func bytesText(n int64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KiB", (n+1<<10-1)>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
