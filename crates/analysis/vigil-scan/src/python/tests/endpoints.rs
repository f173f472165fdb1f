//! Routes and what stands before them.

use super::facts;
use crate::facts::HOLE;

/// `METHOD path [guards]` of each endpoint.
#[track_caller]
fn routes(text: &str, expect: &[&str]) {
    let found: Vec<String> = facts(text)
        .endpoints
        .iter()
        .map(|endpoint| format!("{} {} [{}]", endpoint.method, endpoint.path, endpoint.guards.join(" ")))
        .collect();
    assert_eq!(found, expect, "{text}");
}

const FASTAPI: &str = "from fastapi import *\napp = FastAPI()\n";

#[track_caller]
fn fastapi(text: &str, expect: &[&str]) {
    routes(&format!("{FASTAPI}{text}"), expect);
}

#[test]
fn reads_decorated_routes() {
    fastapi("@app.get('/a')\ndef f(): ...", &["GET /a []"]);
    fastapi("@app.post(path='/a')\nasync def f(): ...", &["POST /a []"]);
    fastapi("@app.api_route('/a', methods=['GET', 'put'])\ndef f(): ...", &["GET /a []", "PUT /a []"]);
    fastapi("P = '/v1'\n@app.delete(f'{P}/a/{x}')\ndef f(): ...", &[&format!("DELETE /v1/a/{HOLE} []")]);
    fastapi("@app.get(PATH)\ndef f(): ...", &[&format!("GET {HOLE} []")]);
    routes("from .web import router\n@router.patch('/a')\ndef f(): ...", &["PATCH /a []"]);
    routes("from .web import users\n@users.get('/a')\ndef f(): ...", &["GET /a []"]);
    routes("class S:\n    def r(self):\n        @self.app.get('/a')\n        def f(): ...", &["GET /a []"]);
}

#[test]
fn reads_flask_routes() {
    let flask = |text: &str, expect: &[&str]| {
        routes(
            &format!(
                "from flask import *\napp = Flask(__name__)\nbp = Blueprint('b', __name__, url_prefix='/b')\n{text}"
            ),
            expect,
        );
    };
    flask("@app.route('/a')\ndef f(): ...", &["GET /a []"]);
    flask("@app.route('/a', methods=('POST', 'PUT'))\ndef f(): ...", &["POST /a []", "PUT /a []"]);
    flask("M = ['POST']\n@app.route('/a', methods=M)\ndef f(): ...", &["POST /a []"]);
    flask("@bp.post('/a')\ndef f(): ...", &["POST /b/a []"]);
    flask("@bp.route('/a')\ndef f(): ...\napp.register_blueprint(bp, url_prefix='/v1')", &["GET /v1/b/a []"]);
    flask("@app.post('/a')\n@login_required\ndef f(): ...", &["POST /a [login_required]"]);
    flask("def f(): ...\napp.add_url_rule('/a', 'f', f, methods=['POST'])", &["POST /a []"]);
    flask(
        "@login_required\ndef f(): ...\napp.add_url_rule('/a', view_func=f, methods=['POST'])",
        &["POST /a [login_required]"],
    );
    flask(
        "class V(MethodView):\n    decorators = [login_required]\n    def post(self): ...\napp.add_url_rule('/a', view_func=V.as_view('v'))",
        &["POST /a [login_required]"],
    );
    flask(
        "@bp.route('/a')\nclass V(MethodView):\n    def get(self): ...\n    @jwt_required()\n    def delete(self): ...",
        &["GET /b/a []", "DELETE /b/a [jwt_required]"],
    );
    flask(
        "@app.before_request\ndef check():\n    if not session.get('u'):\n        return redirect(url_for('login'))\n@app.post('/a')\ndef f(): ...",
        &["POST /a [Security(check)]"],
    );
    flask(
        "@app.before_request\ndef start_timer():\n    g.t = now()\n@app.post('/a')\ndef f(): ...",
        &["POST /a []"],
    );
    flask(
        "@app.before_request\ndef load_logged_in_user():\n    g.user = find()\n@app.post('/a')\ndef f(): ...",
        &["POST /a []"],
    );
    flask("bp.before_request(require_login)\n@bp.post('/a')\ndef f(): ...", &["POST /b/a [require_login]"]);
}

#[test]
fn what_is_no_router_opens_no_route() {
    routes("from unittest import mock\n@mock.patch('shop.tax')\ndef f(): ...", &[]);
    routes("from unittest.mock import patch\n@patch.object(A, 'b')\ndef f(): ...", &[]);
    routes("cache.delete('/a')\nsession.get('/b')\nclient.post('/c')", &[]);
    routes("@responses.get('/a')\ndef f(): ...", &[]);
    routes("import responses\n@responses.post('/a')\ndef f(): ...", &[]);
    routes("@registry.get('name')\ndef f(): ...", &[]);
    routes("def wire(app, table):\n    for path, view in table:\n        app.add_api_route(path, view)", &[]);
    fastapi("@app.post('{$callback_url}/a/{$request.body.id}')\ndef f(): ...", &[]);
    routes("@x.setter\ndef f(): ...\n@functools.lru_cache\ndef g(): ...", &[]);
    routes("# @app.get('/a')\n'''\n@app.get('/b')\n'''\n", &[]);
}

#[test]
fn dependencies_stand_before_the_handler() {
    fastapi("@app.get('/a')\ndef f(u=Depends(get_current_user)): ...", &["GET /a [get_current_user]"]);
    fastapi("@app.get('/a')\ndef f(u: Annotated[str, Depends(auth.check)]): ...", &["GET /a [check]"]);
    fastapi(
        "U = Annotated[str, Depends(get_current_user)]\n@app.get('/a')\ndef f(u: U): ...",
        &["GET /a [get_current_user]"],
    );
    fastapi(
        "from .deps import CurrentUser\n@app.get('/a')\ndef f(u: CurrentUser, item: User): ...",
        &["GET /a [CurrentUser]"],
    );
    fastapi("@app.get('/a')\ndef f(u=Security(member)): ...", &["GET /a [Security(member)]"]);
    fastapi(
        "@app.get('/a', dependencies=[Depends(require_role('x'))])\ndef f(): ...",
        &["GET /a [require_role]"],
    );
    fastapi("@app.get('/a')\ndef f(c: AuthJWT = Depends()): ...", &["GET /a [AuthJWT]"]);
    fastapi("@app.get('/a')\ndef f(db=Depends(get_db)): ...", &["GET /a [get_db]"]);
}

#[test]
fn a_dependency_of_this_file_that_refuses_is_a_guard_whatever_its_name() {
    fastapi(
        "def vips(r):\n    raise HTTPException(403)\n@app.get('/a')\ndef f(u=Depends(vips)): ...",
        &["GET /a [Security(vips)]"],
    );
    fastapi(
        "def vips(u=Depends(get_current_user)): ...\n@app.get('/a')\ndef f(u=Depends(vips)): ...",
        &["GET /a [Security(vips)]"],
    );
    fastapi("door = HTTPBearer()\n@app.get('/a')\ndef f(u=Depends(door)): ...", &["GET /a [Security(door)]"]);
    fastapi(
        "def a(u=Depends(b)): ...\ndef b(u=Depends(a)): ...\n@app.get('/a')\ndef f(u=Depends(a)): ...",
        &["GET /a [a]"],
    );
}

#[test]
fn routers_hand_down_prefix_and_guards() {
    let router = "router = APIRouter(prefix='/r', dependencies=[Depends(verify_token)])\n@router.get('/a')\ndef f(): ...\n";
    fastapi(router, &["GET /r/a [verify_token]"]);
    fastapi(&format!("{router}app.include_router(router, prefix='/v1')"), &["GET /v1/r/a [verify_token]"]);
    let plain = "router = APIRouter()\n@router.get('/a')\ndef f(): ...\n";
    fastapi(
        &format!("{plain}app.include_router(router, dependencies=[Depends(verify_token)])"),
        &["GET /a [verify_token]"],
    );
    routes(
        "app = FastAPI(dependencies=[Depends(verify_token)])\n@app.get('/a')\ndef f(): ...",
        &["GET /a [verify_token]"],
    );
    fastapi("app.add_middleware(AuthMiddleware)\n@app.get('/a')\ndef f(): ...", &["GET /a [AuthMiddleware]"]);
    fastapi(
        "G = [Depends(verify_token)]\nr = APIRouter(dependencies=G)\n@r.get('/a')\ndef f(): ...",
        &["GET /a [verify_token]"],
    );
}

#[test]
fn a_neighbour_guards_nobody() {
    fastapi(
        "@app.get('/a')\ndef f(): ...\n@app.get('/auth/me')\ndef g(u=Depends(get_user)): ...",
        &["GET /a []", "GET /auth/me [get_user]"],
    );
}

#[test]
fn checks_at_the_head_of_the_handler_guard_it() {
    fastapi(
        "@app.post('/a')\ndef f(r):\n    if r.token != T:\n        raise HTTPException(status_code=401)\n    go()",
        &["POST /a [Security(HTTPException)]"],
    );
    fastapi(
        "@app.post('/a')\ndef f(r):\n    verify_token(r)\n    go()",
        &["POST /a [Security(verify_token)]"],
    );
    fastapi(
        "@app.post('/a')\ndef f(r):\n    if not r.user.is_authenticated: return None",
        &["POST /a [is_authenticated]"],
    );
    fastapi("@app.post('/a')\ndef f(r):\n    if not r.key: abort(401)", &["POST /a [Security(abort)]"]);
    fastapi("@app.post('/a')\ndef f(r):\n    raise HTTPException(404)", &["POST /a []"]);
    fastapi("@app.post('/a')\ndef f(r):\n    return verify_password(r)", &["POST /a []"]);
}

#[test]
fn a_decorator_of_this_file_that_refuses_is_a_guard() {
    fastapi(
        "def gate(f):\n    def inner(*a):\n        if not a: abort(403)\n        return f(*a)\n    return inner\n@app.post('/a')\n@gate\ndef f(): ...",
        &["POST /a [Security(gate)]"],
    );
}

#[test]
fn reads_djangos_urls() {
    let urls = |text: &str, expect: &[&str]| {
        routes(&format!("from django.urls import path, re_path\n{text}"), expect)
    };
    urls("def v(r): ...\nurlpatterns = [path('a/', v)]", &["GET /a/ []"]);
    urls(
        "@login_required\n@require_POST\ndef v(r): ...\nurlpatterns = [path('a/', v)]",
        &["POST /a/ [login_required require_POST]"],
    );
    urls(
        "@require_http_methods(['DELETE'])\ndef v(r): ...\nurlpatterns = [re_path(r'^a/$', v)]",
        &["DELETE /a/ [require_http_methods]"],
    );
    urls("def v(r): ...\nurlpatterns = [path('a/', login_required(v))]", &["GET /a/ [login_required]"]);
    urls(
        "class V(LoginRequiredMixin, View):\n    def post(self, r): ...\nurlpatterns = [path('a/', V.as_view())]",
        &["POST /a/ [LoginRequiredMixin]"],
    );
    urls(
        "@method_decorator(login_required, name='dispatch')\nclass V(DeleteView): ...\nurlpatterns = [path('a/', V.as_view())]",
        &["POST /a/ [login_required]"],
    );
    urls("from . import views\nurlpatterns = [path('a/', views.v), path('b/', include('c'))]", &[]);
}

#[test]
fn reads_permissions_of_rest_views() {
    let drf = |text: &str, expect: &[&str]| routes(&format!("from rest_framework import *\n{text}"), expect);
    drf(
        "@api_view(['POST'])\n@permission_classes([AllowAny])\ndef v(r): ...",
        &[&format!("POST /{HOLE} [permission_classes]").replace("permission_classes", "")],
    );
    drf(
        "@api_view(['POST'])\n@permission_classes([IsAuthenticated])\ndef v(r): ...",
        &[&format!("POST /{HOLE} [IsAuthenticated]")],
    );
    drf("@api_view(['POST'])\ndef v(r): ...", &[]);
    drf(
        "class V(APIView):\n    permission_classes = []\n    def post(self, r): ...",
        &[&format!("POST /{HOLE} []")],
    );
    drf("class V(ModelViewSet):\n    permission_classes = [AllowAny]", &[&format!("DELETE /{HOLE} []")]);
    drf("class V(ModelViewSet):\n    queryset = X", &[]);
}

#[test]
fn reads_routes_of_other_frameworks() {
    routes(
        "from aiohttp import web\nroutes = web.RouteTableDef()\n@routes.post('/a')\nasync def f(r): ...",
        &["POST /a []"],
    );
    routes(
        "from aiohttp import web\nasync def f(r): ...\napp = web.Application()\napp.add_routes([web.put('/a', f)])",
        &["PUT /a []"],
    );
    routes(
        "from aiohttp import web\nasync def f(r): ...\napp = web.Application()\napp.router.add_delete('/a', f)",
        &["DELETE /a []"],
    );
    routes(
        "from sanic import Sanic\napp = Sanic('a')\n@app.post('/a')\nasync def f(r): ...",
        &["POST /a []"],
    );
    routes(
        "from litestar import post\n@post('/a', guards=[only_staff])\nasync def f(): ...",
        &["POST /a [Security(only_staff)]"],
    );
    routes(
        "from starlette.routing import Route\ndef f(r): ...\nroutes = [Route('/a', f, methods=['POST'])]",
        &["POST /a []"],
    );
    routes("from bottle import post\n@post('/a')\ndef f(): ...", &["POST /a []"]);
}

#[test]
fn names_the_framework() {
    let framework = |text: &str| facts(text).endpoints.remove(0).framework;
    assert_eq!(framework("from flask import Flask\napp = Flask('a')\n@app.get('/a')\ndef f(): ..."), "flask");
    assert_eq!(
        framework("from fastapi import APIRouter\nr = APIRouter()\n@r.get('/a')\ndef f(): ..."),
        "fastapi"
    );
    assert_eq!(framework("from .x import bp\n@bp.route('/a')\ndef f(): ..."), "flask");
}

/// `TARGET into ROUTER` with the guards, for each router of another file that is mounted.
#[track_caller]
fn mounts(text: &str, expect: &[(&str, &[&str])]) {
    let found: Vec<_> = facts(text).mounts;
    let told: Vec<(String, Vec<&str>)> = found
        .iter()
        .map(|mount| {
            let guards = mount.guards.iter().map(String::as_str).collect();
            (format!("{} into {}", mount.target, mount.into), guards)
        })
        .collect();
    let told: Vec<(&str, &[&str])> =
        told.iter().map(|(target, guards)| (target.as_str(), guards.as_slice())).collect();
    assert_eq!(told, expect, "{text}");
}

#[test]
fn routers_of_other_files_are_mounted_with_all_that_stands_before_them() {
    mounts(
        "from fastapi import FastAPI, Depends\nfrom .routers import users\napp = FastAPI(dependencies=[Depends(get_token)])\napp.include_router(users.router, dependencies=[Depends(check_user)])",
        &[(".routers.users.router into app", &["get_token", "check_user"])],
    );
    mounts(
        "from app.users import bp as users_bp\nfrom flask import Flask\napp = Flask(__name__)\n@app.before_request\ndef require_login():\n    pass\napp.register_blueprint(users_bp)",
        &[("app.users.bp into app", &["require_login"])],
    );
    mounts(
        "from ...users import router\nfrom fastapi import APIRouter\napi = APIRouter()\nv1 = APIRouter()\nv1.include_router(router)\napi.include_router(v1)",
        &[("...users.router into api", &[])],
    );
    mounts("from fastapi import FastAPI\napp = FastAPI()\nr = APIRouter()\napp.include_router(r)", &[]);
}

#[test]
fn a_router_that_is_mounted_thousands_of_times_is_mounted_once() {
    let text = format!(
        "from fastapi import FastAPI\nfrom .users import router\napp = FastAPI()\n{}",
        "app.include_router(router)\n".repeat(5_000)
    );
    assert_eq!(facts(&text).mounts.len(), 1);
}
