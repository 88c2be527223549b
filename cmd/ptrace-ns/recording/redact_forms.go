package recording

// secretName is what the name of an option or a variable says when its value is a
// secret, wherever in the name; lastWord is what its last word says then. A bare PWD is
// the shell's directory and a bare key may be anything.
const (
	secretName = `(?:password|passwd|passphrase|passcode|secret|token|api-?_?key|access-?_?key|private-?_?key|credentials?|auth-?_?key|bearer)`
	lastWord   = `(?:(?:[\w.-]*[_.-])?pass|[\w.-]*[_.-](?:pwd|pw)|[\w.-]*_key)`
)

// value is a value up to the next space, or in quotation marks: the argument may be
// a shell's script.
const value = `("[^"]*"|'[^']*'|[^\s"';&|]+)`

// assignment is --password=x and DB_PASSWORD=x as a whole argument, whose value has
// whatever characters.
const assignment = `(?is)^-{0,2}(?:[\w.-]*` + secretName + `[\w.-]*|` + lastWord + `)=(.*)$`

// usual are the patterns of what is a secret by its form. The first group, or with
// none the whole match, is the secret.
var usual = []string{
	// --password=x, DB_PASSWORD=x, -Dtoken=x, and --password x within a script
	`(?i)[\w.-]*` + secretName + `[\w.-]*=` + value,
	`(?i)(?:^|\s)--?[\w.-]*` + secretName + `\s+` + value,
	// DB_PASS=x, db_pwd=x, SSH_KEY=x, --pass x
	`(?i)(?:^|[^\w.-])-{0,2}` + lastWord + `=` + value,
	`(?i)(?:^|\s)--?` + lastWord + `\s+` + value,
	`\bpwd?=` + value,
	// "password": "x", and the same within a string
	`(?i)"[\w.-]*` + secretName + `[\w.-]*"\s*:\s*` + value,
	`(?i)\\"[\w.-]*` + secretName + `[\w.-]*\\"\s*:\s*\\"((?:[^"\\]|\\[^"])*)\\"`,
	// AccountKey=x, SharedAccessKey=x and ?sig=x of connection strings
	`(?i)(?:account|shared-?_?access|storage|master|signing|encryption)-?_?key=` + value,
	`(?i)[?&;](?:sig|signature)=([^\s"'&;]+)`,
	// scheme://user:x@host, the last @ before the path
	`(?i)[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s"']+)@`,
	// Authorization: Bearer x, X-Api-Key: x
	`(?i)authorization["']?\s*[:=]\s*["']?(?:[a-z]+\s+)?([^\s"']+)`,
	`(?i)\b[\w-]*` + secretName + `:\s*([^\s"']+)`,
	// Cookie: x=y; z=w, to the end of the header
	`(?i)\b(?:set-)?cookie2?:\s*([^"'\r\n]+)`,
	// Bearer x, wherever it is put together
	`(?i)\bbearer\s+([\w.~+/=-]{8,})`,
	// openssl -passin pass:x
	`\bpass:(\S+)`,
	// tokens that are known by their beginning: AWS, GitHub, GitLab, Slack, Docker, npm,
	// Hugging Face, Stripe, OpenAI and its like, Google, SendGrid, Vault, age, JWT
	`\b(A[KS]IA[0-9A-Z]{16})\b`,
	`\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,})`,
	`\b(dckr_(?:pat|oat)_[\w-]{16,}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{16,}|[sr]k_(?:live|test)_\w{10,}|sk-[\w-]{20,})`,
	`\b(AIza[\w-]{35}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|hv[sb]\.[\w-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{20,})`,
	`\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)`,
	// a private key
	`(-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*)`,
}
