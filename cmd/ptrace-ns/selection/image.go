package selection

import "strings"

// isImage reports whether a container's reference, such as nginx:1 or
// docker.io/library/nginx:1@sha256:…, is what somebody calls the image: the whole of it, or
// without registry, path, tag or digest. A name without a registry is Docker Hub's, one
// without a tag is "latest" (distribution's reference rules).
func isImage(reference, called string) bool {
	called = hub(called)
	for _, known := range spellings(reference) {
		if known == called || strings.HasSuffix(known, "/"+called) {
			return true
		}
	}
	return false
}

// dockerHub is the registry of names without one; "library" holds those without a path.
const dockerHub = "docker.io/"

// spellings returns the whole reference, that without its digest, without its tag, and
// without both.
func spellings(reference string) []string {
	if reference == "" || strings.HasPrefix(reference, "sha256:") {
		return []string{reference} // the image's own id
	}
	whole := hub(reference)
	if !hasRegistry(whole) {
		whole = hub(dockerHub + whole)
	}
	tagged, digest, digested := strings.Cut(whole, "@")
	plain := tagged
	if at := strings.LastIndexByte(tagged, ':'); at > strings.LastIndexByte(tagged, '/') {
		plain = tagged[:at]
	} else if !digested {
		tagged += ":latest"
	}
	all := []string{reference, whole, tagged, plain}
	if digested {
		all = append(all, plain+"@"+digest)
	}
	return all
}

// hub writes out what Docker Hub's names leave out.
func hub(name string) string {
	if rest, ok := strings.CutPrefix(name, "index."+dockerHub); ok {
		name = dockerHub + rest
	}
	if rest, ok := strings.CutPrefix(name, dockerHub); ok && !strings.Contains(rest, "/") {
		name = dockerHub + "library/" + rest
	}
	return name
}

// hasRegistry reports whether the first part is a host: it has a dot or a port, or is
// localhost; a path has neither.
func hasRegistry(name string) bool {
	host, _, path := strings.Cut(name, "/")
	return path && (host == "localhost" || strings.ContainsAny(host, ".:") || strings.ToLower(host) != host)
}
