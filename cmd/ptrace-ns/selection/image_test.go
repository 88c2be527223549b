package selection_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestImages: what a container says of its image and what somebody calls it are compared
// by the same rules.
func TestImages(t *testing.T) {
	const digest = "@sha256:00ff"
	for _, c := range []struct {
		image string
		yes   []string
		no    []string
	}{
		{
			"nginx:1.25",
			[]string{"nginx", "nginx:1.25", "library/nginx", "docker.io/nginx", "docker.io/nginx:1.25", "docker.io/library/nginx:1.25", "index.docker.io/nginx"},
			[]string{"nginx:1", "nginx:latest", "quay.io/nginx", "docker.io/other/nginx", "inx", "docker.io", "nginx:1.25" + digest},
		},
		{"nginx", []string{"nginx", "nginx:latest", "docker.io/library/nginx:latest"}, []string{"nginx:1"}},
		{
			"docker.io/library/nginx:1.25" + digest,
			[]string{"nginx", "nginx:1.25", "nginx" + digest, "docker.io/nginx:1.25" + digest, "docker.io/library/nginx"},
			[]string{"nginx:latest", "nginx@sha256:0"},
		},
		{"nginx" + digest, []string{"nginx", "docker.io/nginx" + digest}, []string{"nginx:latest"}},
		{"me/app:2", []string{"app", "me/app", "docker.io/me/app:2", "index.docker.io/me/app"}, []string{"docker.io/app", "library/app", "you/app"}},
		{"quay.io/me/app", []string{"app", "me/app:latest", "quay.io/me/app"}, []string{"docker.io/me/app", "docker.io/app"}},
		{"localhost:5000/app", []string{"app", "app:latest", "localhost:5000/app"}, []string{"localhost", "localhost:5000", "docker.io/app", "5000/app"}},
		{"localhost/app:1", []string{"app:1", "localhost/app"}, []string{"docker.io/localhost/app"}},
		{"sha256:00ff", []string{"sha256:00ff"}, []string{"sha256", "00ff", "sha256:00"}},
		{"", nil, []string{"nginx", "latest", "docker.io/library/"}},
	} {
		for want, all := range map[bool][]string{true: c.yes, false: c.no} {
			for _, called := range all {
				if got := (&selection.Containers{Images: []string{called}}).Choose(&events.Container{ID: "1", Image: c.image}); got != want {
					t.Errorf("%q called %q: %v, want %v", c.image, called, got, want)
				}
			}
		}
	}
}
