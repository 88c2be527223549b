package html_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// requireBrowser turns the skips of this package into failures: where it is set, as make
// check does, a browser is installed. It is not what asks for a kernel, because these
// tests run without root.
const requireBrowser = "PTRACE_NS_REQUIRE_BROWSER"

// chromium returns the browser, or ends the test where none is installed: as skipped,
// or as failed where one is required.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const lack = "a browser is needed: neither chromium-headless-shell nor chromium nor google-chrome is installed; scripts/setup.sh does it"
	if os.Getenv(requireBrowser) == "1" {
		t.Fatal(lack + " (and " + requireBrowser + "=1)")
	}
	t.Skip(lack)
	return ""
}

// The browser of this package's tests, started by the first that needs it.
var (
	browserOnce sync.Once
	browser     context.Context
	browserEnd  = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	browserEnd()
	os.Exit(code)
}

// tab is a page in a browser that has no network. At the end of its test nothing may
// have failed in it, and nothing been asked for but the page itself.
type tab struct {
	testing.TB
	ctx  context.Context
	path string

	mu     sync.Mutex
	faults []string
}

// open shows a page at a fragment of its address, in a window of that size.
func open(t *testing.T, page []byte, fragment string, width, height int64) *tab {
	t.Helper()
	path := chromium(t)
	browserOnce.Do(func() {
		// It runs as root here, for which it has no sandbox; what it shows is ours.
		flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.WSURLReadTimeout(time.Minute))
		allocator, end := chromedp.NewExecAllocator(context.Background(), flags...)
		var close context.CancelFunc
		browser, close = chromedp.NewContext(allocator)
		browserEnd = func() {
			_ = chromedp.Cancel(browser)
			close()
			end()
		}
		if err := chromedp.Do(browser); err != nil {
			t.Fatalf("browser: %v", err)
		}
	})
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	// A hung browser is not to hang the tests; nothing is measured by this.
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	b := &tab{TB: t, ctx: ctx, path: filepath.Join(t.TempDir(), "report.html")}
	if err := os.WriteFile(b.path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	b.listen()
	b.run(call(network.Enable, network.EnableParams{}), call(log.Enable, cdp.Empty{}),
		call(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}),
		chromedp.EmulateViewport(width, height), chromedp.Navigate("file://"+b.path+fragment),
		chromedp.WaitVisible(chromedp.CSS(`[role="tabpanel"]:not([hidden])`)))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, fault := range b.faults {
			t.Errorf("in the browser: %s", fault)
		}
	})
	return b
}

func (b *tab) listen() {
	fault := func(format string, args ...any) {
		b.mu.Lock()
		b.faults = append(b.faults, fmt.Sprintf(format, args...))
		b.mu.Unlock()
	}
	err := chromedp.Listen(b.ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			fault("exception: %v", ev.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			fault("console.%s", ev.Type)
		case *log.EventEntryAdded:
			fault("%s: %s", ev.Entry.Level, ev.Entry.Text)
		case *network.EventRequestWillBeSent:
			if address, _, _ := strings.Cut(ev.Request.URL, "#"); address != "file://"+b.path {
				fault("request for %.200s", ev.Request.URL)
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

type action = chromedp.Action[chromedp.Void]

// call is a command of the protocol as an action.
func call[P, R any](command cdp.Command[P, R], params P) action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (b *tab) run(actions ...action) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// eval returns what an expression is in the page.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// clickOn clicks on the first element of an XPath as soon as it is there. Its place is
// asked for in one step: a node that is found first may be drawn anew before the click.
func (b *tab) clickOn(path string) {
	b.Helper()
	node := fmt.Sprintf("document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue", path)
	b.await(node + " !== null")
	at := eval[[]float64](b, `(() => { const n = `+node+`; n.scrollIntoView({block: "nearest"}); const r = n.getBoundingClientRect(); return [r.x + Math.min(r.width, 200) / 2, r.y + r.height / 2]; })()`)
	b.run(chromedp.MouseClickXY(at[0], at[1]))
}

// await waits until an expression is true. The page draws before the next frame, so
// that what was done is seen a little later.
func (b *tab) await(expression string) {
	b.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.Fatalf("never true: %s (%v); the page shows: %.1500s", expression, err, eval[string](b, "document.body.innerText"))
	}
}

func (b *tab) click(selector string) {
	b.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// keys types on an element that has been given the focus.
func (b *tab) keys(selector string, keys ...string) {
	b.Helper()
	b.run(chromedp.Focus(chromedp.CSS(selector)), chromedp.KeyEvent(strings.Join(keys, "")))
}

// text is what an element shows.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

func (b *tab) fragment() string { return eval[string](b, "decodeURIComponent(location.hash)") }

// shot writes a picture where PTRACE_NS_SHOTS says, to be looked at by people.
func (b *tab) shot(name string) {
	b.Helper()
	if dir := os.Getenv("PTRACE_NS_SHOTS"); dir != "" {
		b.picture(filepath.Join(dir, name+".png"))
	}
}

// picture writes what the window shows.
func (b *tab) picture(path string) {
	b.Helper()
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	pixels, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewer(pixels)); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, small.Bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
}

// fewer keeps the colours that most pixels have, which makes a third of the file.
func fewer(from image.Image) image.Image {
	seen := map[color.Color]int{}
	area := from.Bounds()
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			seen[from.At(x, y)]++
		}
	}
	palette := slices.SortedFunc(maps.Keys(seen), func(a, b color.Color) int { return cmp.Compare(seen[b], seen[a]) })
	to := image.NewPaletted(area, palette[:min(len(palette), 256)])
	draw.Draw(to, area, from, area.Min, draw.Src)
	return to
}

// scheme is light or dark.
func (b *tab) scheme(name string) {
	b.Helper()
	b.run(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	}))
}

const (
	arrowDown, arrowUp, arrowRight, arrowLeft = kb.ArrowDown, kb.ArrowUp, kb.ArrowRight, kb.ArrowLeft
	enter, escape, end                        = kb.Enter, kb.Escape, kb.End
)
