//! No adapter calls another path, method or query parameter than it was granted,
//! however it is written.

crate::denied! {
    path_not_granted: MethodAndPath;
    path_almost_granted: MethodAndPath PathForm;
    method_not_granted: MethodAndPath;
    path_dot_segments: PathForm;
    path_encoded_dots: PathForm;
    path_encoded_slash: PathForm;
    path_resource_name: MethodAndPath PathForm;
    path_doubly_encoded: PathForm;
    path_absolute_form: PathForm;
    path_double_slash: PathForm;
    path_userinfo: PathForm MethodAndPath;
    path_host_suffix: PathForm;
    path_backslash: PathForm;
    path_line_break: PathForm;
    path_nul: PathForm;
    path_fragment: PathForm;
    path_not_utf8: PathForm;
    path_not_ascii: PathForm;
    path_gigantic: Limit;
    query_not_granted: Query;
    query_hidden: PathForm;
}
