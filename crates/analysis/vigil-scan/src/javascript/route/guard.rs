//! What looks like a check of who is calling.

use oxc_ast::ast::{Argument, CallExpression, Expression, NewExpression};
use oxc_span::GetSpan as _;

use super::super::value::{self, bare};
use super::Guard;

/// The name of a check that is seen by what it does: it answers 401 or 403, shows the way to the login page, or asks a
/// library whose name says nothing.
pub(super) const REFUSAL: &str = "authorization";

/// What a middleware argument contributes.
pub(super) fn of_argument<'a>(argument: &Argument<'a>, out: &mut Vec<Guard<'a>>) {
    if let Some(expression) = argument.as_expression() {
        of_expression(expression, out);
    }
}

/// What an expression in the place of a middleware contributes: its name, what it does, each of a list.
pub(super) fn of_expression<'a>(expression: &Expression<'a>, out: &mut Vec<Guard<'a>>) {
    match bare(expression) {
        Expression::ArrayExpression(list) => {
            for element in list.elements.iter().filter_map(|element| element.as_expression()) {
                if !matches!(bare(element), Expression::ArrayExpression(_)) {
                    of_expression(element, out);
                }
            }
        }
        function if function.is_function() => out.push(Guard::Function(function.span().start)),
        Expression::CallExpression(call) => {
            if let Some(name) = called(&call.callee) {
                out.push(Guard::Name(name));
            }
            if matches!(value::last_name(&call.callee), Some("compose" | "every" | "some" | "chain")) {
                for argument in &call.arguments {
                    if let Some(Expression::Identifier(name)) = argument.as_expression().map(bare) {
                        out.push(Guard::Name(name.name.to_string()));
                    }
                }
            }
        }
        expression => {
            if let Some(name) = value::dotted(expression) {
                out.push(Guard::Name(name));
            }
        }
    }
}

/// What the handler contributes: what it does, and the names of what is wrapped around it.
pub(super) fn of_handler<'a>(expression: &Expression<'a>, out: &mut Vec<Guard<'a>>) {
    let mut expression = bare(expression);
    for _ in 0..4 {
        match expression {
            Expression::Identifier(name) => {
                out.push(Guard::Handler(name.name.as_str()));
                return;
            }
            Expression::CallExpression(call) => {
                if let Some(name) = called(&call.callee) {
                    out.push(Guard::Name(name));
                }
                let inner = call.arguments.iter().rev().filter_map(|argument| argument.as_expression()).find(
                    |argument| {
                        let argument = bare(argument);
                        argument.is_function()
                            || matches!(argument, Expression::Identifier(_) | Expression::CallExpression(_))
                    },
                );
                match inner {
                    Some(inner) => expression = bare(inner),
                    None => return,
                }
            }
            function if function.is_function() => {
                out.push(Guard::Function(function.span().start));
                return;
            }
            _ => return,
        }
    }
}

/// `expressjwt` of `expressjwt({…}).unless({…})`, `passport.authenticate` of `passport.authenticate("jwt")`.
fn called(callee: &Expression<'_>) -> Option<String> {
    let chained = value::member(callee)
        .is_some_and(|member| matches!(bare(member.object()), Expression::CallExpression(_)));
    if chained { value::root_name(callee).map(str::to_owned) } else { value::dotted(callee) }
}

/// The call is a check by its name, or it refuses.
pub(super) fn check_of_call(call: &CallExpression<'_>) -> Option<String> {
    let name = value::last_name(&call.callee)?;
    if matches!(
        name,
        "getSession" | "getIronSession" | "constructEvent" | "constructEventAsync" | "timingSafeEqual"
    ) {
        return Some(REFUSAL.to_owned());
    }
    if is_check(name) {
        return value::dotted(&call.callee).or_else(|| Some(name.to_owned()));
    }
    let first = value::argument(&call.arguments, 0);
    match name {
        "verify" => {
            let object = value::member(&call.callee).and_then(|member| value::last_name(member.object()))?;
            matches!(object, "jwt" | "jsonwebtoken" | "JWT" | "webhook" | "wh")
                .then(|| format!("{object}.verify"))
        }
        "status" | "sendStatus" | "code" | "writeHead" | "throw" | "createError" | "abort" | "HttpError"
        | "assert" | "error" => call
            .arguments
            .iter()
            .take(2)
            .filter_map(|argument| argument.as_expression())
            .any(is_refusal)
            .then(|| REFUSAL.to_owned()),
        "redirect" => match first.map(bare) {
            Some(Expression::StringLiteral(target)) => {
                let target = target.value.to_ascii_lowercase();
                ["login", "signin", "sign-in"]
                    .iter()
                    .any(|word| target.contains(word))
                    .then(|| REFUSAL.to_owned())
            }
            _ => None,
        },
        _ => refuses_by_name(name),
    }
}

/// `new UnauthorizedException()`, `new HttpException("…", 403)`.
pub(super) fn check_of_construction(new: &NewExpression<'_>) -> Option<String> {
    let name = value::last_name(&new.callee)?;
    let status = name.contains("Exception") || name.contains("Error") || name == "Response";
    if status && new.arguments.iter().filter_map(|argument| argument.as_expression()).any(is_refusal) {
        return Some(REFUSAL.to_owned());
    }
    refuses_by_name(name)
}

fn refuses_by_name(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let refuses =
        name.starts_with("unauthori") || name.starts_with("forbidden") || name.contains("unauthenticated");
    refuses.then(|| REFUSAL.to_owned())
}

/// `{ status: 401 }`, `ctx.status = 403`.
pub(super) fn refuses(key: Option<&str>, given: &Expression<'_>) -> bool {
    matches!(key, Some("status" | "statusCode")) && is_refusal(given)
}

fn is_refusal(expression: &Expression<'_>) -> bool {
    match bare(expression) {
        Expression::NumericLiteral(number) => number.value == 401.0 || number.value == 403.0,
        expression => matches!(
            value::last_name(expression),
            Some("UNAUTHORIZED" | "FORBIDDEN" | "Unauthorized" | "Forbidden")
        ),
    }
}

/// Names of functions that tell who is calling or refuse.
fn is_check(name: &str) -> bool {
    let name: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    matches!(
        name.as_str(),
        "auth"
            | "currentuser"
            | "getcurrentuser"
            | "getserversession"
            | "unstablegetserversession"
            | "getserverauthsession"
            | "getuser"
            | "getauth"
            | "gettoken"
            | "getauthuser"
            | "getuserfromrequest"
            | "getuserid"
            | "jwtverify"
            | "isauthenticated"
            | "isauthorized"
            | "isloggedin"
            | "isadmin"
            | "haspermission"
            | "hasrole"
            | "protect"
            | "withauth"
    ) || [
        "authenticate",
        "authorize",
        "requireauth",
        "requireuser",
        "requiresession",
        "requirerole",
        "requireadmin",
        "requirelogin",
        "requirepermission",
        "ensureauth",
        "ensureloggedin",
        "ensureadmin",
        "checkauth",
        "checkpermission",
        "checktoken",
        "checkrole",
        "checkapikey",
        "assertauth",
        "assertadmin",
        "validatesession",
        "validatetoken",
        "validateapikey",
        "validateauth",
    ]
    .iter()
    .any(|start| name.starts_with(start))
        || name.strip_prefix("verify").is_some_and(|rest| {
            [
                "token",
                "jwt",
                "session",
                "auth",
                "signature",
                "webhook",
                "idtoken",
                "apikey",
                "user",
                "access",
                "admin",
                "secret",
            ]
            .iter()
            .any(|word| rest.contains(word))
        })
}
