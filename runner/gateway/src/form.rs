//! A form with files, as clients send sound and images.

use bytes::Bytes;
use hotcell_dialects::DialectError;
use hotcell_dialects::form::{Field, Form};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// Fields of a form at the most.
const FIELDS: usize = 64;

/// Takes a body apart that has been read whole. A model that the path names is the form's.
///
/// # Errors
/// A body that is no form.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Bytes,
    model: Option<&str>,
) -> Result<Form, DialectError> {
    let error = |message: String| DialectError { path: String::new(), message };
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind)
        .map_err(|_| error("expected multipart/form-data with a boundary".to_owned()))?;
    let body = http_body_util::BodyStream::new(http_body_util::Full::new(body));
    let body = futures_util::StreamExt::map(body, |frame| {
        frame.map(|frame| frame.into_data().unwrap_or_default())
    });
    let mut multipart = multer::Multipart::new(body, boundary);
    let mut form = Form::default();
    loop {
        let field = multipart.next_field().await.map_err(|why| error(why.to_string()))?;
        let Some(field) = field else { break };
        if form.fields.len() == FIELDS {
            return Err(error(format!("a form has {FIELDS} fields at the most")));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let mime = field.content_type().map(ToString::to_string);
        let bytes = field.bytes().await.map_err(|why| error(why.to_string()))?.to_vec();
        form.fields.push(Field { name, file, mime, bytes });
    }
    // Of several fields with one name the last counts.
    form.fields.extend(model.map(|model| Field {
        name: "model".to_owned(),
        file: None,
        mime: None,
        bytes: model.into(),
    }));
    Ok(form)
}
