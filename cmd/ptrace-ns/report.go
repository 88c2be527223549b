package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
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
		Args:    onlyRecording(&o.path),
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
	page, about, err := a.readReport(ctx, o.path)
	var damage error
	if exitCode(err) == exitDamaged && page != nil {
		damage, err = err, nil
	}
	if err != nil {
		return err
	}
	if o.output == "-" {
		out := bufio.NewWriterSize(a.out, reportBuffer)
		return first(ended(first(page.Write(out, about), out.Flush())), damage)
	}
	size, err := o.create(a, page, about)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = fmt.Fprintf(a.err, "%s: %s, %s, %d KiB\n", safe.String(filepath.Base(o.output)),
		words.Count(int(page.Events()), "event", "events"), words.Count(page.Processes(), "process", "processes"), (size+1023)/1024)
	return first(ended(err), damage)
}

// readReport reads a recording to its end, once, for all that the page shows. With the
// error of a damaged recording comes the page of what was whole.
func (a *app) readReport(ctx context.Context, path string) (page *html.Page, about html.About, err error) {
	p, err := a.openRecording(ctx, path, false)
	if err != nil {
		return nil, about, err
	}
	defer func() {
		err = first(err, p.file.Close())
		if p.bar != nil && page != nil {
			page.Progress = p.bar.Then("making the page")
		}
	}()
	page = html.New(p.reader.Header())
	if err := p.run(ctx, p, page); err != nil {
		return nil, about, err
	}
	if ctx.Err() != nil {
		return nil, about, fmt.Errorf("report: reading was interrupted, and nothing is written: %w", ctx.Err())
	}
	about = html.About{File: filepath.Base(path), Skipped: passedOver(p.reader.Skipped())}
	if path == "-" {
		about.File = "standard input"
	}
	trailer, whole := p.reader.Trailer()
	about.Whole, about.Lost = whole && !trailer.LostUnknown, trailer.Lost
	if about.Skipped != "" {
		a.log.Warn().Msg("a newer program wrote this recording; passed over: " + about.Skipped)
	}
	if p.damage != nil {
		about.Damage = p.damage.Error()
	}
	return page, about, p.damage
}

// reportBuffer is what is written at once.
const reportBuffer = 1 << 20

// create makes the file; one that fails leaves nothing behind.
func (o *reportOptions) create(a *app, page *html.Page, about html.About) (int64, error) {
	f, err := recording.CreateFile(o.output, recording.FileOptions{Replace: o.replace, Owner: a.owner()})
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("%w; --force replaces it", err)
	}
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(f, reportBuffer)
	if err := first(page.Write(out, about), out.Flush()); err != nil {
		return 0, errors.Join(err, f.Discard())
	}
	return f.Size(), f.Close()
}
