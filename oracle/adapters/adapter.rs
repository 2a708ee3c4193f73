// A backend for `purevjp check --command ./adapter`, in Rust without a crate.
//
//     rustc -O --edition 2021 -o adapter adapter.rs
//
// Lines come on standard input, each gets one line on standard output:
//
//     hello                    ok {"protocol": 1, "name": "my kernels"}
//     run RULE IN OUT {...}    ok, or unsupported REASON, or error LINE
//     bye                      (the end)
//
// IN is a safetensors file with x0, x1, ..., u; OUT gets value, dx0, dx1, ... of the same dtype. The keywords of the
// rule are JSON. Put your own kernels in place of the three at the end. Here all is computed in f64.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Write};

#[derive(Clone)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    data: Vec<f64>,
}

enum Refusal {
    Unsupported(String),
    Error(String),
}

type Answer<T> = Result<T, Refusal>;
type Tensors = HashMap<String, Tensor>;

fn error<T>(reason: &str) -> Answer<T> {
    Err(Refusal::Error(reason.to_string()))
}

fn unsupported<T>(reason: &str) -> Answer<T> {
    Err(Refusal::Unsupported(reason.to_string()))
}

/// What stands in JSON between `key` and `end`, after `start`.
fn between<'a>(text: &'a str, key: &str, end: &str) -> Option<&'a str> {
    let from = text.find(key)? + key.len();
    Some(&text[from..from + text[from..].find(end)?])
}

fn integers(text: &str) -> Option<Vec<usize>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

fn numbers(bytes: &[u8], dtype: &str) -> Answer<Vec<f64>> {
    match dtype {
        "F64" => Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()),
        "F32" => Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()) as f64).collect()),
        _ => unsupported("other dtypes than F32 and F64"),
    }
}

fn load(path: &str) -> Answer<Tensors> {
    let bytes = fs::read(path).or_else(|_| error("IN cannot be read"))?;
    if bytes.len() < 8 {
        return error("IN is too short");
    }
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    if length > bytes.len() - 8 {
        return error("the header is longer than IN");
    }
    let (header, data) = bytes[8..].split_at(length);
    let header = std::str::from_utf8(header).or_else(|_| error("the header is not text"))?;
    let mut tensors = Tensors::new();
    for entry in header.trim().trim_start_matches('{').split("},") {
        let Some(name) = between(entry, "\"", "\"") else { continue };
        if name == "__metadata__" {
            continue;
        }
        let dtype = between(entry, "\"dtype\":\"", "\"");
        let shape = between(entry, "\"shape\":[", "]").and_then(integers);
        let offsets = between(entry, "\"data_offsets\":[", "]").and_then(integers);
        let (Some(dtype), Some(shape), Some(offsets)) = (dtype, shape, offsets) else {
            return error("the header has an entry that is not valid");
        };
        let part = offsets.get(0).zip(offsets.get(1)).and_then(|(&a, &b)| data.get(a..b));
        let Some(part) = part else { return error("data lie outside the file") };
        let data = numbers(part, dtype)?;
        if shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side)) != Some(data.len()) {
            return error("a shape does not fit its data");
        }
        tensors.insert(name.to_string(), Tensor { dtype: dtype.to_string(), shape, data });
    }
    Ok(tensors)
}

fn save(path: &str, tensors: &[(&str, Tensor)]) -> Answer<()> {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for (name, tensor) in tensors {
        let start = data.len();
        for &x in &tensor.data {
            match tensor.dtype.as_str() {
                "F64" => data.extend_from_slice(&x.to_le_bytes()),
                _ => data.extend_from_slice(&(x as f32).to_le_bytes()),
            }
        }
        let (dtype, shape, end) = (&tensor.dtype, &tensor.shape, data.len());
        header.push(format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}"));
    }
    let mut text = format!("{{{}}}", header.join(",")).into_bytes();
    while text.len() % 8 != 0 {
        text.push(b' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text);
    bytes.extend(data);
    fs::write(path, bytes).or_else(|_| error("OUT cannot be written"))
}

fn input<'a>(tensors: &'a Tensors, name: &str) -> Answer<&'a Tensor> {
    tensors.get(name).ok_or_else(|| Refusal::Error(format!("IN has no {name}")))
}

/// A tensor with shape and dtype of another.
fn like(of: &Tensor, data: Vec<f64>) -> Tensor {
    Tensor { dtype: of.dtype.clone(), shape: of.shape.clone(), data }
}

/// The number under a key of the options; None if there is none, or something else.
fn number(options: &str, key: &str) -> Option<f64> {
    let text = options.replace(' ', "");
    let from = text.find(&format!("\"{key}\":"))? + key.len() + 3;
    let end = text[from..].find(|c| c == ',' || c == '}')?;
    text[from..from + end].parse().ok()
}

// ---- kernels ----

fn elementwise(tensors: &Tensors, f: fn(f64) -> f64, slope: fn(f64) -> f64) -> Answer<Vec<(&'static str, Tensor)>> {
    let (x, u) = (input(tensors, "x0")?, input(tensors, "u")?);
    let value = x.data.iter().map(|&x| f(x)).collect();
    let dx = x.data.iter().zip(&u.data).map(|(&x, &u)| u * slope(x)).collect();
    Ok(vec![("value", like(u, value)), ("dx0", like(x, dx))])
}

fn tanh_slope(x: f64) -> f64 {
    let e = (-2.0 * x.abs()).exp();
    4.0 * e / ((1.0 + e) * (1.0 + e))
}

fn layer_norm(tensors: &Tensors, options: &str) -> Answer<Vec<(&'static str, Tensor)>> {
    let (x, gain, bias) = (input(tensors, "x0")?, input(tensors, "x1")?, input(tensors, "x2")?);
    let u = input(tensors, "u")?;
    let Some(epsilon) = number(options, "epsilon") else { return error("layer_norm takes epsilon") };
    let Some(axis) = number(options, "axis") else { return unsupported("more axes than one") };
    let ndim = x.shape.len() as i64;
    let axis = axis as i64 + if axis < 0.0 { ndim } else { 0 };
    if !(0..ndim).contains(&axis) {
        return error("there is no such axis");
    }
    let n = x.shape[axis as usize];
    let inner: usize = x.shape[axis as usize + 1..].iter().product();
    let (mut y, mut dx) = (vec![0.0; x.data.len()], vec![0.0; x.data.len()]);
    let (mut dgain, mut dbias) = (vec![0.0; n], vec![0.0; n]);
    for lane in 0..if n == 0 { 0 } else { x.data.len() / n } {
        let at = |i: usize| lane / inner * inner * n + lane % inner + i * inner;
        let mean = |f: &dyn Fn(usize) -> f64| (0..n).map(f).sum::<f64>() / n as f64;
        let centre = mean(&|i| x.data[at(i)]);
        let r = 1.0 / (mean(&|i| (x.data[at(i)] - centre).powi(2)) + epsilon).sqrt();
        let h = |i: usize| (x.data[at(i)] - centre) * r;
        let g = |i: usize| u.data[at(i)] * gain.data[i];
        let (mean_g, mean_gh) = (mean(&g), mean(&|i| g(i) * h(i)));
        for i in 0..n {
            y[at(i)] = h(i) * gain.data[i] + bias.data[i];
            dx[at(i)] = r * (g(i) - mean_g - h(i) * mean_gh);
            dgain[i] += u.data[at(i)] * h(i);
            dbias[i] += u.data[at(i)];
        }
    }
    Ok(vec![("value", like(u, y)), ("dx0", like(x, dx)), ("dx1", like(gain, dgain)), ("dx2", like(bias, dbias))])
}

fn answered(rule: &str, tensors: &Tensors, options: &str) -> Answer<Vec<(&'static str, Tensor)>> {
    match rule {
        "relu" => elementwise(tensors, |x| if x < 0.0 { 0.0 } else { x }, |x| if x > 0.0 { 1.0 } else { 0.0 }),
        "tanh" => elementwise(tensors, f64::tanh, tanh_slope),
        "layer_norm" => layer_norm(tensors, options),
        _ => unsupported("no such rule here"),
    }
}

// ---- the loop ----

fn run(rest: &str) -> Answer<()> {
    let parts: Vec<&str> = rest.splitn(4, ' ').collect();
    let [rule, path_in, path_out, options] = parts[..] else { return error("run takes RULE IN OUT {...}") };
    save(path_out, &answered(rule, &load(path_in)?, options)?)
}

fn main() {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("bye", _) => return,
            ("hello", _) => println!("ok {{\"protocol\": 1, \"name\": \"template.rs\"}}"),
            ("run", rest) => match run(rest) {
                Ok(()) => println!("ok"),
                Err(Refusal::Unsupported(reason)) => println!("unsupported {reason}"),
                Err(Refusal::Error(reason)) => println!("error {reason}"),
            },
            _ => println!("error no such command"),
        }
        io::stdout().flush().ok();
    }
}
