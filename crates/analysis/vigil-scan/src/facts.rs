//! What a front end says about one file, in words that hold for every language.
//!
//! A front end walks the tree once and never judges: it says that a route is opened and which guards stand before it, not
//! that it is bad. Rules read facts and never see a tree. Names are kept as they are written; [`Text`] is a value that the
//! front end could follow (literals, constants bound once, concatenation, template texts).

use crate::source::Span;

/// All facts of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Routes that the file opens.
    pub endpoints: Vec<Endpoint>,
    /// Routers of other files that it puts below its own.
    pub mounts: Vec<Mount>,
    /// Values bound to names: assignments, annotated fields, keyword arguments, keys of mappings.
    pub bindings: Vec<Binding>,
    /// Every text that is a value; docstrings and comments are none.
    pub texts: Vec<Text>,
    /// Environment lookups with a default.
    pub env_defaults: Vec<EnvDefault>,
    /// Signing secrets handed to a token library as a literal.
    pub signing_keys: Vec<Text>,
    /// How long tokens live.
    pub lifetimes: Vec<Lifetime>,
    /// Which origins may call.
    pub cors: Vec<Cors>,
    /// Cookies that are set on a reply.
    pub cookies: Vec<Cookie>,
    /// Equality comparisons of which a side names a password.
    pub comparisons: Vec<Comparison>,
    /// Modules that are imported.
    pub imports: Vec<Import>,
    /// Tests; empty in a file that is no test file.
    pub tests: Vec<Test>,
    /// Functions that tests of other files may call, and that assert or call others that may.
    pub helpers: Vec<Helper>,
    /// Tests and groups that are skipped.
    pub skips: Vec<Skip>,
}

/// A text value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The expression.
    pub span: Span,
    /// The characters, as far as they are known. A part that is computed is U+FFFC (object replacement).
    pub value: String,
    /// Nothing of it is computed.
    pub whole: bool,
}

/// The mark for the computed part of a text.
pub const HOLE: char = '\u{FFFC}';

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is opened: the decorator or the call.
    pub span: Span,
    /// `GET`, `POST`, … in capitals; one endpoint for each method.
    pub method: String,
    /// The path, with what the router above it in this file puts before it; [`HOLE`] for computed parts.
    pub path: String,
    /// `fastapi`, `flask`, `django`, `drf`, `express`, `koa`, `fastify`, `nest`, `next`, …
    pub framework: &'static str,
    /// Names of what stands before the handler and is or looks like a guard: decorators, dependencies, middlewares, checks
    /// at the head of the handler, guards of the router, of the app. Anything the front end knows to be a guard by its kind
    /// (a `Security(...)` dependency, a permission class) is among them.
    pub guards: Vec<String>,
    /// The router of this file that the route belongs to, the outermost where they are put into each other: another file may
    /// mount it. In JavaScript also [`DEFAULT_EXPORT`] and [`WHOLE_FILE`], and all names it is exported by with `,` between.
    pub router: Option<String>,
}

/// The name of what a file exports by default.
pub const DEFAULT_EXPORT: &str = "default";
/// Stands for all of a file: whoever mounts any of it mounts this.
pub const WHOLE_FILE: &str = "*";

/// `app.include_router(users.router, dependencies=[…])`, `app.use("/users", requireLogin, users)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The router that is mounted. In Python its dotted path, with the dots of a relative import in front; in JavaScript
    /// `MODULE#NAME`.
    pub target: String,
    /// What stands before it here: guards of the call, of the router it is put into, and of those above.
    pub guards: Vec<String>,
    /// The outermost router of this file above it.
    pub into: String,
}

/// A value bound to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The whole statement, argument or entry.
    pub span: Span,
    /// The last part of the name: `SECRET_KEY` of `app.config["SECRET_KEY"]`.
    pub name: String,
    /// How it is bound.
    pub kind: BindingKind,
    /// What is bound.
    pub value: Text,
}

/// How a value is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// `NAME = "…"`, `NAME: str = "…"`, `const name = "…"`, a class field.
    Variable,
    /// `obj.name = "…"`, `obj["name"] = "…"`.
    Member,
    /// `f(name="…")`, or the default of a parameter.
    Argument,
    /// `{"name": "…"}`, `{name: "…"}`.
    Entry,
    /// `<Tag name="…">`: never a credential by itself.
    Markup,
}

/// `os.getenv("NAME", "default")`, `process.env.NAME ?? "default"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvDefault {
    /// The lookup with its default.
    pub span: Span,
    /// The variable's name.
    pub name: String,
    /// The default.
    pub default: Text,
    /// The lookup without its default, as source: `os.environ["NAME"]`; what a fix writes.
    pub without_default: String,
}

/// The lifetime of a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifetime {
    /// The expression that says it.
    pub span: Span,
    /// How long, in seconds.
    pub seconds: f64,
}

/// A list of origins that holds `*`, or a middleware whose default is everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The setting.
    pub span: Span,
    /// `fastapi`, `flask`, `django`, `express`, `header`, …
    pub framework: &'static str,
}

/// A cookie that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The call.
    pub span: Span,
    /// Which of `secure`, `httponly`, `samesite` are missing or switched off, in this order.
    pub missing: Vec<&'static str>,
    /// Where and how the missing flags can be written, when that is safe.
    pub fix: Option<crate::finding::Fix>,
}

/// `password == other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The comparison.
    pub span: Span,
    /// Left side.
    pub left: Operand,
    /// Right side.
    pub right: Operand,
    /// `==`, `!=`, `===`, `!==`.
    pub operator: &'static str,
    /// The change to a comparison in constant time, when it is safe to make.
    pub fix: Option<crate::finding::Fix>,
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A name or member; the last part: `password` of `user.password`.
    Name {
        /// The last part.
        last: String,
        /// The whole, as written.
        whole: String,
    },
    /// A call; the name of what is called.
    Call(String),
    /// A literal, as written: `""`, `None`, `undefined`, `"string"`.
    Literal(String),
    /// Anything else.
    Other,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Where it stands.
    pub span: Span,
    /// The module as written: `yaml.nodes`, `@scope/pkg/sub`, `./local`.
    pub module: String,
    /// What becomes of the file without it.
    pub need: Need,
}

/// How much a file needs an import; what needs it more comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The file cannot be loaded without it.
    Firm,
    /// It can: the import stands in a function or under a condition, or a comment tells linters that nothing declares it.
    Late,
    /// Only types are taken from it: under `if TYPE_CHECKING`, `import type`.
    Types,
    /// It may fail: within `try`/`except ImportError`.
    Tried,
}

impl Need {
    /// Of a module that is imported twice. Who tries it once knows that it may be missing.
    pub(crate) fn with(self, other: Self) -> Self {
        if self == Self::Tried || other == Self::Tried { Self::Tried } else { self.min(other) }
    }
}

/// A test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Test {
    /// Its name, as written.
    pub name: String,
    /// The whole test.
    pub span: Span,
    /// The `def` or the call that declares it; findings about the whole test stand here.
    pub head: Span,
    /// It, or a group around it, is skipped, or it is declared to be without a body (`it.todo`).
    pub skipped: bool,
    /// It calls something, and its name or a comment in it says that nothing shall go wrong.
    pub wants_no_error: bool,
    /// Its assertions, in order; those within helpers of this file that it calls count too, with the call as their place.
    pub assertions: Vec<Assertion>,
    /// What it calls of other files; see [`Helper::calls`].
    pub calls: Vec<String>,
    /// Handlers that catch everything and do nothing, and `raises(Exception)` without `match`.
    pub swallowed: Vec<Span>,
    /// HTTP calls to the service under test.
    pub http_calls: Vec<Span>,
    /// The status of a reply is looked at, or checked by what is called.
    pub checks_status: bool,
    /// Values that mocks of this test are told to return.
    pub mock_values: Vec<Literal>,
    /// Literals that are asserted to be equal to something.
    pub asserted_values: Vec<Literal>,
}

/// A function of a file, as other files see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Helper {
    /// `check_rows`, `Base.check_rows`; a class stands for itself with its bases as calls, `*` for all names of modules that
    /// the file hands on.
    pub name: String,
    /// It asserts.
    pub asserts: bool,
    /// What it calls of other files: in Python a dotted path with the dots of a relative import in front, in JavaScript
    /// `MODULE#NAME`, and [`FIXTURE`] before the name of a fixture.
    pub calls: Vec<String>,
}

/// Most calls of a test or a function that are followed into other files.
pub(crate) const MAX_CALLS: usize = 32;
/// Most functions of a file that others may call.
pub(crate) const MAX_HELPERS: usize = 2_000;

/// What stands before the name of a fixture.
pub const FIXTURE: char = '@';

/// One assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Where.
    pub span: Span,
    /// Nearly every value fulfils it: `assert x`, `assert x is not None`, `expect(x).toBeDefined()`, `assert True`.
    pub trivial: bool,
}

/// A literal in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Where.
    pub span: Span,
    /// One spelling for every language: text without quotes, numbers as written, `true`, `false`, `null`, `[]`, `{}`.
    pub value: String,
    /// By which name the mock is called that returns it, or what was called for the value that is compared with it:
    /// `repo.find`, also for `name = repo.find(1)`.
    pub origin: Option<String>,
}

/// Something that does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The decorator, marker or call.
    pub span: Span,
    /// A reason is given.
    pub reasoned: bool,
    /// Where a reason can be written, and a stub of one.
    pub fix: Option<crate::finding::Fix>,
}
