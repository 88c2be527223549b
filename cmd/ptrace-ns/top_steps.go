package main

import (
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Play implements tui.Player. At the end it begins anew.
func (p *player) Play(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on && p.at == len(p.marks) && p.nowNS >= p.toNS() {
		p.rewind()
	}
	p.playing, p.clock, p.moved = on, time.Now(), true
}

// The bounds of the speed.
const (
	slowest = 1.0 / 1024
	fastest = 1024
)

// Faster implements tui.Player.
func (p *player) Faster(by float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.speed = min(max(p.speed*by, slowest), fastest)
	p.moved = true
}

// Step implements tui.Player.
func (p *player) Step(to scene.Mark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.playing, p.moved = false, true
	for p.at < len(p.marks) {
		if p.tell(); p.marks[p.at-1].what&to != 0 {
			return
		}
	}
}

// Seek implements tui.Player.
func (p *player) Seek(part float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := float64(p.nowNS) + part*float64(p.toNS()-p.fromNS())
	p.goTo(uint64(max(to, float64(p.fromNS()))))
}

// Rewind implements tui.Player.
func (p *player) Rewind() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rewind()
	p.clock = time.Now()
}

// Seen implements tui.Source.
func (p *player) Seen() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage.Seen()
}

// Detail implements tui.Source.
func (p *player) Detail(key events.ProcKey) *scene.Detail {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage.Detail(p.model, key, p.nowNS)
}

// Namespaces implements tui.Source.
func (p *player) Namespaces(width int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage.Namespaces(p.model, p.nowNS, width)
}

// Deaths implements tui.Source.
func (p *player) Deaths(f *scene.Filter) []scene.Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines, _ := p.stage.Deaths(p.see, p.nowNS, f) // see has no error
	return lines
}
