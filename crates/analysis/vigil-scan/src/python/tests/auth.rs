//! Lifetimes, origins, cookies, comparisons, signing keys.

use super::facts;
use crate::facts::Operand;
use crate::finding::Fix;

#[track_caller]
fn hours(text: &str, expect: &[f64]) {
    let found: Vec<f64> = facts(text).lifetimes.iter().map(|lifetime| lifetime.seconds / 3600.0).collect();
    assert_eq!(found, expect, "{text}");
}

#[track_caller]
fn open_to_all(text: &str, expect: &[&str]) {
    let found: Vec<&str> = facts(text).cors.iter().map(|cors| cors.framework).collect();
    assert_eq!(found, expect, "{text}");
}

#[track_caller]
fn cookie(text: &str, expect: Option<&[&str]>) {
    let facts = facts(text);
    let found = facts.cookies.first().map(|cookie| cookie.missing.as_slice());
    assert_eq!(found, expect, "{text}");
}

#[track_caller]
fn fixed(text: &str, fix: Option<&Fix>, expect: &str) {
    let mut fixed = text.to_owned();
    for edit in fix.expect("a fix").edits.iter().rev() {
        fixed.replace_range(edit.start as usize..edit.end as usize, &edit.text);
    }
    assert_eq!(fixed, expect);
    facts(&fixed);
}

#[test]
fn a_duration_bound_to_a_token_is_its_lifetime() {
    hours("ACCESS_TOKEN_TTL = timedelta(days=14)", &[336.0]);
    hours("JWT_REFRESH = timedelta(weeks=2, days=1)", &[360.0]);
    hours("SIMPLE_JWT = {'ACCESS_TOKEN_LIFETIME': timedelta(days=7)}", &[168.0]);
    hours("app.config['JWT_ACCESS_TOKEN_EXPIRES'] = timedelta(30)", &[720.0]);
    hours("PERMANENT_SESSION_LIFETIME = timedelta(days=60)", &[1440.0]);
    hours("app.permanent_session_lifetime = datetime.timedelta(hours=48)", &[48.0]);
    hours("TOKEN_LIFETIME = 7 * timedelta(days=1)", &[168.0]);
    hours("DAYS = 3\nTOKEN_LIFETIME = timedelta(days=DAYS)", &[72.0]);
}

#[test]
fn a_duration_where_a_token_is_made_is_its_lifetime() {
    hours("def create_access_token(d):\n    expire = utcnow() + timedelta(days=30)", &[720.0]);
    hours("def make_token(d, delta=None):\n    expires = now() + (delta or timedelta(hours=36))", &[36.0]);
    hours("import jwt\nclaims = {'sub': s, 'exp': now + timedelta(hours=72)}", &[72.0]);
    hours("import jwt\nclaims = {'exp': int((now + timedelta(hours=72)).timestamp())}", &[72.0]);
    hours("t = create_access_token(u, timedelta(days=2))", &[48.0]);
    hours("t = create_access_token(identity=u, expires_delta=timedelta(days=2))", &[48.0]);
    hours("class RefreshToken:\n    lifetime = timedelta(days=2)", &[48.0]);
}

#[test]
fn constants_say_their_unit_by_name() {
    hours("ACCESS_TOKEN_EXPIRE_MINUTES = 60 * 24 * 8", &[192.0]);
    hours("class S(BaseSettings):\n    ACCESS_TOKEN_EXPIRE_MINUTES: int = 60 * 24", &[24.0]);
    hours("JWT_EXPIRATION_HOURS = 48", &[48.0]);
    hours("REFRESH_TOKEN_EXPIRE_DAYS = 7", &[168.0]);
    hours("JWT_ACCESS_TOKEN_EXPIRES = 86400 * 2", &[48.0]);
    hours("def create_token(d, expires_hours=48): ...", &[48.0]);
    hours("TOKEN_TTL = 3600", &[]);
    hours("TOKEN_EXPIRE_DAYS = 3\ntoken_expires = timedelta(days=TOKEN_EXPIRE_DAYS)", &[72.0]);
}

#[test]
fn durations_of_other_things_are_none() {
    hours("cutoff = date.today() - timedelta(days=90)", &[]);
    hours("TTL = timedelta(days=30)", &[]);
    hours("SESSION_CLEANUP_INTERVAL = timedelta(days=30)", &[]);
    hours("cache_expires = timedelta(days=30)", &[]);
    hours("token_created = now - timedelta(days=30)", &[]);
    hours("def f():\n    expires = now + timedelta(days=30)", &[]);
    hours("TOKEN_TTL = timedelta(hours=HOURS)", &[]);
    hours("token_age_limit = stale(timedelta(days=30))", &[]);
    hours("expire_minutes = 60 * 24 * 30", &[]);
}

#[test]
fn finds_origins_that_are_a_star() {
    open_to_all("app.add_middleware(CORSMiddleware, allow_origins=['*'])", &["fastapi"]);
    open_to_all("M(app, allow_origins='*')", &["fastapi"]);
    open_to_all("M(app, allow_origins=(\n  'https://a',\n  '*',\n))", &["fastapi"]);
    open_to_all("origins = ['*']\nM(app, allow_origins=origins)", &["fastapi"]);
    open_to_all("CORS(app, origins='*')", &["flask"]);
    open_to_all("CORS(app, resources={r'/api/*': {'origins': '*'}})", &["flask"]);
    open_to_all("CORS_ORIGINS = '*'\nCORS(app, origins=CORS_ORIGINS)", &["flask"]);
    open_to_all("CORS_ALLOW_ALL_ORIGINS = True", &["django"]);
    open_to_all("r.headers['Access-Control-Allow-Origin'] = '*'", &["header"]);
    open_to_all("r = Response(headers={'access-control-allow-origin': '*'})", &["header"]);
    open_to_all("r.headers.add('Access-Control-Allow-Origin', '*')", &["header"]);
    open_to_all("M(app, allow_origin_regex='.*')", &["fastapi"]);
    open_to_all("sio = Server(cors_allowed_origins='*')", &["flask"]);
}

#[test]
fn other_stars_and_other_origins_are_none() {
    open_to_all("M(app, allow_origins=['https://a'], allow_methods=['*'], allow_headers='*')", &[]);
    open_to_all("open = '*' in allow_origins", &[]);
    open_to_all("CORS_ALLOW_ALL_ORIGINS = False", &[]);
    open_to_all("import os\nM(app, allow_origins=os.environ['O'].split(','))", &[]);
    open_to_all("data = {'origins': ['JFK', 'TXL']}", &[]);
    open_to_all("plot(origins='*')", &[]);
    open_to_all("if self.allow_all_origins:\n    headers['Access-Control-Allow-Origin'] = '*'", &[]);
}

#[test]
fn names_the_flags_that_a_cookie_lacks() {
    cookie("resp.set_cookie('a', v)", Some(&["secure", "httponly", "samesite"]));
    cookie("resp.set_cookie('a', v, httponly=True)", Some(&["secure", "samesite"]));
    cookie(
        "resp.set_cookie('a', v, secure=False, httponly=True, samesite=None)",
        Some(&["secure", "samesite"]),
    );
    cookie("resp.set_cookie('a', v, None, None, '/', None, True, True, 'Lax')", Some(&[]));
    cookie("resp.set_cookie('a', v, secure=SECURE, httponly=h(), samesite='none')", Some(&[]));
    cookie("resp.set_cookie('a', v, **flags)", Some(&[]));
    cookie("resp.set_cookie('a', v, secure=False, **flags)", Some(&["secure"]));
    cookie(
        "SECURE = False\nresp.set_cookie('a', v, secure=SECURE, httponly=True, samesite='Lax')",
        Some(&["secure"]),
    );
}

#[test]
fn jars_and_clients_set_no_cookie_on_a_reply() {
    cookie("jar.set_cookie(c)", None);
    cookie("client.set_cookie('a', 'b')", None);
    cookie("self.client.set_cookie('a', 'b')", None);
    cookie("resp.delete_cookie('a')", None);
    cookie("resp.set_cookie('a', '', max_age=0)", None);
    cookie("def set_cookie(a, b): ...", None);
}

#[test]
fn a_fix_writes_the_missing_flags() {
    let fix = |text: &str, expect: &str| fixed(text, facts(text).cookies[0].fix.as_ref(), expect);
    fix("resp.set_cookie('a', v)", "resp.set_cookie('a', v, secure=True, httponly=True, samesite=\"Lax\")");
    fix(
        "resp.set_cookie('a', (v), secure=False, samesite='Lax',)",
        "resp.set_cookie('a', (v), secure=True, samesite='Lax',httponly=True,)",
    );
    fix(
        "resp.set_cookie(\n    'a',\n    v,  # it\n    secure=True,\n)",
        "resp.set_cookie(\n    'a',\n    v,  # it\n    secure=True,\n    httponly=True,\n    samesite=\"Lax\",\n)",
    );
}

#[test]
fn comparisons_tell_both_sides() {
    let name = |last: &str, whole: &str| Operand::Name { last: last.to_owned(), whole: whole.to_owned() };
    let compare = |text: &str| facts(text).comparisons.remove(0);
    let found = compare("a = user.password == given");
    assert_eq!(
        (found.left, found.right, found.operator),
        (name("password", "user.password"), name("given", "given"), "==")
    );
    let found = compare("a = h(x).hexdigest() != row['passwd']");
    assert_eq!(
        (found.left, found.right, found.operator),
        (Operand::Call("hexdigest".to_owned()), name("passwd", "row['passwd']"), "!=")
    );
    assert_eq!(compare("a = password == ''").right, Operand::Literal("''".to_owned()));
    assert_eq!(compare("a = pwd == None").right, Operand::Literal("None".to_owned()));
}

#[test]
fn what_compares_no_password_is_no_comparison() {
    for text in [
        "a.token == b.token",
        "pawn == x",
        "password is None",
        "password in seen",
        "a == b == password",
        "x = password",
    ] {
        assert_eq!(facts(text).comparisons, [], "{text}");
    }
}

#[test]
fn a_fix_compares_in_constant_time() {
    let fix = |text: &str, expect: &str| fixed_comparison(text, expect);
    fix(
        "'''Doc.'''\nfrom __future__ import annotations\nimport os\n\ndef f(password, b):\n    return password == b\n",
        "'''Doc.'''\nfrom __future__ import annotations\nimport hmac\nimport os\n\ndef f(password, b):\n    return hmac.compare_digest(password, b)\n",
    );
    fix(
        "import hmac\nok = u.password != b and c\n",
        "import hmac\nok = not hmac.compare_digest(u.password, b) and c\n",
    );
    fix(
        "'''Doc.'''\n@d\ndef f(): return a.password == b\n",
        "'''Doc.'''\nimport hmac\n@d\ndef f(): return hmac.compare_digest(a.password, b)\n",
    );
    assert!(facts("ok = password == f(x)").comparisons[0].fix.is_none());
}

#[track_caller]
fn fixed_comparison(text: &str, expect: &str) {
    fixed(text, facts(text).comparisons[0].fix.as_ref(), expect);
}

#[track_caller]
fn signs_with(text: &str, expect: &[&str]) {
    let facts = facts(text);
    let found: Vec<&str> = facts.signing_keys.iter().map(|key| key.value.as_str()).collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn finds_keys_that_are_literals_where_they_sign() {
    signs_with("import jwt\njwt.encode({}, 'k', algorithm='HS256')", &["k"]);
    signs_with("import jwt\njwt.decode(t, key='k')", &["k"]);
    signs_with("from jose import jwt\njwt.encode({}, 'k')", &["k"]);
    signs_with("from authlib.jose import jwt\njwt.encode({}, {}, b'k')", &["k"]);
    signs_with(
        "from itsdangerous import URLSafeTimedSerializer as S, URLSafeTimedSerializer\nURLSafeTimedSerializer('k')",
        &["k"],
    );
    signs_with("import jwt\nK = 'k'\njwt.encode({}, K)", &["k"]);
}

#[test]
fn keys_from_elsewhere_are_not_literals() {
    signs_with("import jwt\njwt.encode({}, settings.KEY)", &[]);
    signs_with("import jwt\nSECRET_KEY = 'k'\njwt.encode({}, SECRET_KEY)", &[]);
    signs_with("x.encode('utf-8', 'ignore')", &[]);
    signs_with("import jwt\njwt.decode(t, '')", &[]);
}
