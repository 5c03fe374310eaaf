# The functions that the public headers declare and do not define: "public <name>" where TANDEM_API stands before one,
# else "unmarked <name>". Names are qualified, without the inline namespace of the version and without parameters, so that
# overloads are one name. What lies in `namespace internal` is not public.
#
#   awk -f public_names.awk <header>...
FNR == 1 { in_comment = 0; define = 0; statement = ""; depth = 0; parens = 0; skip = 0 }
{
  line = $0
  if (define || line ~ /^[ \t]*#/) { define = line ~ /\\$/; next }
  gsub(/"[^"]*"/, "\"\"", line)
  sub(/\/\/.*/, "", line)
  while (1) {
    if (in_comment) {
      if (!(at = index(line, "*/"))) { line = ""; break }
      line = substr(line, at + 2)
      in_comment = 0
    }
    if (!(at = index(line, "/*"))) break
    read_text(substr(line, 1, at - 1))
    line = substr(line, at + 2)
    in_comment = 1
  }
  read_text(line " ")
}

function read_text(text,   i, c) {
  for (i = 1; i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (skip) {  # inside a function's body or an enum
      if (c == "{") ++skip
      if (c == "}") --skip
      continue
    }
    if (c == "(") ++parens
    if (c == ")") --parens
    if (parens || !(c ~ /[;{}]/)) { statement = statement c; continue }
    if (c == "{") open_brace()
    if (c == ";") end_statement()
    if (c == "}") --depth
    statement = ""
  }
}

function open_brace() {
  if (statement ~ /(^|[ \t])enum[ \t]/ || statement ~ /[(=]/) { skip = 1; return }
  if (statement ~ /(^|[ \t])(namespace|class|struct|union)[ \t]|extern ""/) { scope[++depth] = scope_name(statement); return }
  skip = 1
}

function scope_name(head) {
  if (head ~ /extern ""|inline namespace/) return ""
  sub(/[ \t]*(final)?[ \t]*(:.*)?$/, "", head)
  sub(/.*[ \t\]]/, "", head)
  return head
}

function end_statement(   name, i, path) {
  if (statement !~ /\(/) return
  if (statement ~ /(^|[ \t])(using|typedef|friend|static_assert)[ \t(]|=[ \t]*(default|delete)/) return
  if (statement ~ /^[^(]*([ \t]=[ \t]|\([ \t]*\*)/) return  # an initialised member, or a pointer to a function
  name = statement
  sub(/[ \t]*\(.*/, "", name)
  sub(/.*[ \t*&]/, "", name)
  for (i = 1; i <= depth; ++i) {
    if (scope[i] == "internal") return
    if (scope[i] != "") path = path scope[i] "::"
  }
  print (statement ~ /TANDEM_API[ \t]/ ? "public " : "unmarked ") path name
}
